# The one binary, as `stampmill install` runs it: docker build -t stampmill:0.1.0 .
# Both images are of Debian 13, so that the C library is the one that the binary was linked with.
FROM rust:1-slim-trixie AS build
# The allocator is written in C; the linker is a C compiler's.
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --release --locked --bin stampmill

# The C library, libgcc, certificate authorities, and a user that is nobody: no shell.
FROM gcr.io/distroless/cc-debian13:nonroot
COPY --from=build /src/target/release/stampmill /usr/local/bin/stampmill
USER 65532:65532
EXPOSE 8080 8081 9443
ENTRYPOINT ["/usr/local/bin/stampmill"]
CMD ["controller"]
