//! The ledger's writer: decides what has gathered, in order, in one transaction.
//!
//! A call whose work is done here, within microseconds, is let through while the transaction is still
//! open, and its charge goes into the same commit: one wait for the disk for a call, not two. What is
//! still at work when the transaction has to close is written down as held, and ends in a later one.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use domain::billing::catalogue::Catalogue;
use store::{Store, Tx};
use tokio::sync::{mpsc, oneshot};

use super::books::Books;
use super::ledger::{Ask, Decided, Ended, Order, Reported, Work};
use crate::{Chance, Clock, Error, Result};

/// How many orders go into one transaction.
const BATCH: usize = 512;

/// How long a transaction stays open for work that it has let through.
const PATIENCE: Duration = Duration::from_millis(3);

/// Time, chance and prices.
#[derive(Clone)]
pub(crate) struct Ambient {
    pub clock: Arc<dyn Clock>,
    pub chance: Arc<dyn Chance>,
    pub catalogue: Arc<Catalogue>,
}

impl Ambient {
    pub(super) fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.chance.fill(&mut bytes);
        bytes
    }
}

pub(crate) async fn run(store: Store, ambient: Ambient, orders: mpsc::Receiver<Order>) {
    let mut desk = Desk {
        store,
        ambient,
        orders,
        put_off: VecDeque::new(),
    };
    while let Some(gathered) = desk.gather().await {
        desk.carry_out(gathered).await;
    }
}

/// Answers that wait for the commit.
#[derive(Default)]
struct Answers(Vec<Box<dyn Answer>>);

trait Answer: Send {
    fn give(self: Box<Self>, committed: bool);
}

struct Waiting<T>(oneshot::Sender<Result<T>>, Result<T>);

impl<T: Send> Answer for Waiting<T> {
    fn give(self: Box<Self>, committed: bool) {
        // Nobody may be there any more to be told.
        let _ = self.0.send(if committed {
            self.1
        } else {
            Err(Error::Unavailable)
        });
    }
}

impl Answers {
    fn push<T: Send + 'static>(&mut self, to: oneshot::Sender<Result<T>>, answer: Result<T>) {
        self.0.push(Box::new(Waiting(to, answer)));
    }

    fn give(self, committed: bool) {
        for answer in self.0 {
            answer.give(committed);
        }
    }
}

struct Desk {
    store: Store,
    ambient: Ambient,
    orders: mpsc::Receiver<Order>,
    /// Came while a transaction waited for something else.
    put_off: VecDeque<Order>,
}

impl Desk {
    /// What goes into the next transaction; `None` when nobody can order any more.
    async fn gather(&mut self) -> Option<Vec<Order>> {
        let mut gathered: Vec<Order> = self.put_off.drain(..).collect();
        if gathered.is_empty() {
            let came = self.orders.recv_many(&mut gathered, BATCH).await;
            return (came > 0).then_some(gathered);
        }
        while gathered.len() < BATCH
            && let Ok(order) = self.orders.try_recv()
        {
            gathered.push(order);
        }
        Some(gathered)
    }

    async fn carry_out(&mut self, gathered: Vec<Order>) {
        let mut answers = Answers::default();
        let mut orders = gathered.into_iter();
        let done = self.write(&mut orders, &mut answers).await;
        if let Err(error) = &done {
            tracing::warn!(%error, "a batch of the ledger was not written; nothing of it happened");
        }
        answers.give(done.is_ok());
        // What the transaction did not come to.
        for order in orders {
            match order {
                Order::Ask(_, to) => drop(to.send(Err(Error::Unavailable))),
                Order::End(_, to) => drop(to.send(Err(Error::Unavailable))),
                Order::Report(_, to) => drop(to.send(Err(Error::Unavailable))),
            }
        }
    }

    async fn write(
        &mut self,
        orders: &mut std::vec::IntoIter<Order>,
        answers: &mut Answers,
    ) -> Result<()> {
        let now = self.ambient.clock.now();
        let mut tx = self.store.begin().await?;
        let mut books = Books::open(&mut tx, now, orders.as_slice()).await?;
        for order in orders {
            take(&mut tx, &self.ambient, &mut books, answers, order).await?;
        }
        self.wait_for_work(&mut tx, &mut books, answers).await?;
        books.close(&mut tx, &self.ambient).await?;
        Ok(tx.commit().await?)
    }

    /// Takes the endings of what this transaction let through, as long as there is patience.
    async fn wait_for_work(
        &mut self,
        tx: &mut Tx,
        books: &mut Books,
        answers: &mut Answers,
    ) -> Result<()> {
        let enough = tokio::time::sleep(PATIENCE);
        tokio::pin!(enough);
        while books.at_work() && self.put_off.len() < BATCH {
            let order = tokio::select! {
                () = &mut enough => break,
                order = self.orders.recv() => order,
            };
            match order {
                None => break,
                Some(order) => self.one_more(tx, books, answers, order).await?,
            }
        }
        Ok(())
    }

    /// What comes while the transaction waits: an end it waits for, or something for the next one.
    async fn one_more(
        &mut self,
        tx: &mut Tx,
        books: &mut Books,
        answers: &mut Answers,
        order: Order,
    ) -> Result<()> {
        match order {
            Order::End(ending, to) if books.let_through(&ending.hold.id) => {
                let order = Order::End(ending, to);
                take(tx, &self.ambient, books, answers, order).await?;
            }
            other => self.put_off.push_back(other),
        }
        Ok(())
    }
}

/// Carries one order out. An error is the transaction's end.
async fn take(
    tx: &mut Tx,
    ambient: &Ambient,
    books: &mut Books,
    answers: &mut Answers,
    order: Order,
) -> Result<()> {
    match order {
        Order::Ask(ask, to) => match ask_now(tx, ambient, books, &ask).await? {
            // On their way before the commit: see [`Work::Here`].
            Ok(Ok(granted)) if ask.work == Work::Here => {
                if let Err(Ok(Ok(granted))) = to.send(Ok(Ok(granted))) {
                    books.abandon(&granted.hold.id);
                }
            }
            answer => answers.push(to, answer),
        },
        Order::End(ending, to) => {
            let ended: Ended = books.end(tx, ambient, &ending).await?;
            answers.push(to, Ok(ended));
        }
        Order::Report(reports, to) => {
            let reported: Vec<Reported> = books.report(tx, ambient, &reports).await?;
            answers.push(to, Ok(reported));
        }
    }
    Ok(())
}

async fn ask_now(
    tx: &mut Tx,
    ambient: &Ambient,
    books: &mut Books,
    ask: &Ask,
) -> Result<Result<Decided>> {
    books.ask(tx, ambient, ask).await
}
