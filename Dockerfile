# An image that holds the static binary and nothing else: no shell, no libraries, no user database.
#
#     docker build -t keyspect .
#     docker run --rm --network none --read-only -v "$PWD:/data:ro" keyspect /data/dump.txt
#
# It was written after the documentation and has not been built or run by its makers.
FROM rust:1.89-alpine AS build
RUN apk add --no-cache musl-dev
WORKDIR /src
COPY Cargo.toml Cargo.lock README.md ./
COPY src src
COPY benches benches
COPY docs docs
RUN cargo build --locked --release --bin keyspect && cp target/release/keyspect /keyspect

FROM scratch
COPY --from=build /keyspect /keyspect
USER 65534:65534
WORKDIR /data
ENTRYPOINT ["/keyspect"]
