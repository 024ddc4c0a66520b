//! Looks at the balance while others spend.

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::LOOK;
use super::rows::{Of, Rows};

/// Looks at the balance all the time.
pub struct Watch {
    stop: watch::Sender<bool>,
    task: JoinHandle<(i64, u64)>,
}

impl Watch {
    pub fn start(url: String, of: Of) -> Self {
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            let (mut highest, mut looks) = (0, 0);
            while !*stopped.borrow() {
                // A new connection each time: one that stayed would keep a killed server's log in use.
                if let Ok(mut rows) = Rows::open(&url).await
                    && let Ok(balance) = rows.balance(&of).await
                {
                    highest = highest.max(balance.spent + balance.reserved);
                    looks += 1;
                }
                tokio::time::sleep(LOOK).await;
            }
            (highest, looks)
        });
        Self { stop, task }
    }

    pub async fn end(self) -> anyhow::Result<(i64, u64)> {
        self.stop.send_replace(true);
        Ok(self.task.await?)
    }
}
