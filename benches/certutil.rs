//! How fast a verbose certutil log becomes a report: one block of the corpus, repeated.
#![allow(clippy::unwrap_used, missing_docs)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use keyspect::analyze::{Analysis, Options};
use std::hint::black_box;
use time::OffsetDateTime;

/// A log of many certificates: the same block with another serial number and thumbprint each time.
fn log(certificates: usize) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/certutil/article-scenario-3/input.txt");
    let block = std::fs::read_to_string(path).unwrap();
    (0..certificates).map(|i| block.replace("ba8278f161740479635e61bdc1b8dfd5139c9b52", &format!("{i:040x}"))).collect()
}

fn report(c: &mut Criterion) {
    let text = log(200);
    let mut group = c.benchmark_group("certutil");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.sample_size(10);
    group.bench_function("a log of 200 certificates", |b| {
        b.iter(|| {
            let mut analysis = Analysis::new(Options::new(OffsetDateTime::UNIX_EPOCH));
            analysis.read("log.txt", None, &mut black_box(text.as_bytes())).unwrap();
            analysis.finish().unwrap()
        });
    });
    group.finish();
}

criterion_group!(benches, report);
criterion_main!(benches);
