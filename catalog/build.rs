//! Rebuilds this crate when a migration changes, since they are embedded.

fn main() {
    #[expect(clippy::print_stdout, reason = "how a build script talks to cargo")]
    {
        println!("cargo::rerun-if-changed=../migrations");
    }
}
