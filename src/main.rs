//! The command line of keyspect.
use std::io::Write;
fn main() {
    let mut a = keyspect::analyze::Analysis::new(keyspect::analyze::Options::new(time::OffsetDateTime::now_utc()));
    for p in std::env::args().skip(3) {
        let mut f = std::fs::File::open(&p).unwrap();
        a.read(&p, None, &mut f).unwrap();
    }
    let r = a.finish().unwrap();
    std::io::stdout().write_all(serde_json::to_string_pretty(&r).unwrap().as_bytes()).unwrap();
}
