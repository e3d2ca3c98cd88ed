# The one binary, as `stampmill install` runs it: docker build -t stampmill .
FROM rust:1-slim AS build
# The allocator is written in C.
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --release --locked --bin stampmill

FROM gcr.io/distroless/cc-debian13:nonroot
COPY --from=build /src/target/release/stampmill /usr/local/bin/stampmill
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/stampmill"]
CMD ["controller"]
