//! shmipc: buffers and a queue in shared memory, and a wake-up through an eventfd, which its
//! documents recommend for small messages.
//!
//! Runs in tokio's runtime of one thread. A batch is written message by message and flushed once.

use std::os::unix::net::SocketAddr;

use shmipc::buffer::BufferReader;
use shmipc::config::{Config, SizePercentPair};
use shmipc::consts::MemMapType;
use shmipc::session::{SessionManager, SessionManagerConfig};
use shmipc::stream::Stream;
use shmipc::transport::{DefaultUnixConnect, DefaultUnixListen};
use shmipc::{Error, Listener};
use tickline::measure::{Message, Outcome};
use tickline_shared::clock::Clock;
use tokio::runtime::{Builder, Runtime};

use super::{About, Peer};
use crate::asynchronous::{self, End};
use crate::packet::{fill_bytes, look_bytes};
use crate::process::{Far, Job, Near};

/// See the file's head.
pub struct Shmipc;

impl Peer for Shmipc {
    const ABOUT: About = About {
        name: "shmipc",
        title: "shmipc 0.2 (eventfd)",
        processes: 2,
        batches: true,
        sizes: &crate::packet::SIZES,
        needs: || "",
    };

    fn near<C: Clock>(job: &Job, near: &Near) -> anyhow::Result<Option<Outcome>> {
        near.hear()?;
        runtime()?.block_on(async {
            let config = SessionManagerConfig::new().with_config(config(job)).with_session_num(1);
            let address = SocketAddr::from_pathname(job.path("socket"))?;
            let manager = SessionManager::new(config, DefaultUnixConnect, address).await?;
            let stream = manager.get_stream()?;
            let mut end = Shared { stream, buffer: vec![0; job.size] };
            let outcome = asynchronous::near::<C>(job, &mut end).await;
            // To close drops what was sent and not read yet.
            while !near.is_gone() {
                tokio::task::yield_now().await;
            }
            let _ = end.stream.close().await;
            manager.close().await;
            outcome
        })
    }

    fn far<C: Clock>(job: &Job, far: &Far) -> anyhow::Result<Outcome> {
        runtime()?.block_on(async {
            let address = SocketAddr::from_pathname(job.path("socket"))?;
            let mut listener = Listener::new(DefaultUnixListen, address, config(job)).await?;
            far.say_ready();
            let stream = listener.accept().await?;
            let mut end = Shared { stream, buffer: vec![0; job.size] };
            asynchronous::far::<C>(job, &mut end).await
        })
    }
}

fn runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// As its own benchmark has it.
fn config(job: &Job) -> Config {
    let slice = SizePercentPair { size: job.size as u32 + 256, percent: 100 };
    Config {
        queue_cap: 65536,
        share_memory_buffer_cap: 256 << 20,
        buffer_slice_sizes: vec![slice],
        mem_map_type: MemMapType::MemMapTypeMemFd,
        share_memory_path_prefix: job.path("memory").to_string_lossy().into_owned(),
        ..Config::default().with_v4_eventfd()
    }
}

struct Shared {
    stream: Stream,
    buffer: Vec<u8>,
}

impl Shared {
    fn write(&mut self, message: Message) -> anyhow::Result<()> {
        fill_bytes(&mut self.buffer, message);
        self.stream.write_bytes(&self.buffer)?;
        Ok(())
    }

    async fn flush(&mut self) -> anyhow::Result<()> {
        loop {
            match self.stream.flush(false).await {
                Err(Error::QueueFull) => tokio::task::yield_now().await,
                result => return Ok(result?),
            }
        }
    }
}

impl End for &mut Shared {
    async fn send(&mut self, message: Message) -> anyhow::Result<()> {
        self.write(message)?;
        self.flush().await
    }

    async fn send_batch(&mut self, first: u64, count: u64) -> anyhow::Result<()> {
        for number in first..first + count {
            self.write(Message::new(number, 0, 0))?;
        }
        self.flush().await
    }

    async fn receive(&mut self) -> anyhow::Result<Option<Message>> {
        let message = match self.stream.read_exact_bytes(self.buffer.len()).await {
            Ok(bytes) => look_bytes(&bytes),
            Err(Error::StreamClosed | Error::EndOfStream) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        self.stream.recv_buf().release_previous_read();
        Ok(Some(message))
    }

    async fn receive_batch(
        &mut self,
        _most: u64,
        each: impl FnMut(Message),
    ) -> anyhow::Result<u64> {
        Ok(self.receive().await?.map(each).is_some().into())
    }
}
