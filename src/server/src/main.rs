//! `secapid`: SEC API's platform and console in one program. Everything is in the library.

fn main() -> std::process::ExitCode {
    server::cli::main()
}
