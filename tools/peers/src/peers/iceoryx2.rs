//! iceoryx2, publish-subscribe: samples in shared memory that are loaned, written in place, sent
//! by their offset and read in place.
//!
//! Nothing may overflow; a sample for which there is no room is discarded, and sent again. There
//! are no batches. Its files lie in the measurement's folder, its shared memory begins with the
//! measurement's tag.

use iceoryx2::config::Config;
use iceoryx2::port::publisher::Publisher;
use iceoryx2::port::subscriber::Subscriber;
use iceoryx2::prelude::*;
use iceoryx2::service::port_factory::publish_subscribe::PortFactory;
use tickline::measure::{Message, Outcome, Receiver, Sender};
use tickline_shared::clock::Clock;

use super::{About, Peer};
use crate::packet::{MESSAGE_WORDS, SIZES, look};
use crate::process::{Far, Job, Near};

/// See the file's head.
pub struct Iceoryx2;

impl Peer for Iceoryx2 {
    const ABOUT: About = About {
        name: "iceoryx2",
        title: "iceoryx2 0.10 publish-subscribe",
        processes: 2,
        batches: false,
        sizes: &SIZES,
        needs: || "",
    };

    fn near<C: Clock>(job: &Job, near: &Near) -> anyhow::Result<Option<Outcome>> {
        near.hear()?;
        let node = node(job)?;
        let sender = publisher(job, &service(job, &node, "there")?)?;
        let receiver = subscriber(&service(job, &node, "back")?)?;
        Ok(near.measure::<C>(job, sender, receiver))
    }

    fn far<C: Clock>(job: &Job, far: &Far) -> anyhow::Result<Outcome> {
        let node = node(job)?;
        let receiver = subscriber(&service(job, &node, "there")?)?;
        let sender = publisher(job, &service(job, &node, "back")?)?;
        far.say_ready();
        Ok(far.measure::<C>(job, receiver, sender))
    }
}

fn node(job: &Job) -> anyhow::Result<Node<ipc::Service>> {
    set_log_level(LogLevel::Error);
    let mut config = Config::default();
    config.global.set_root_path(&Path::new(job.path("iceoryx2").as_os_str().as_encoded_bytes())?);
    config.global.prefix = FileName::new(job.tag().as_bytes())?;
    // The signals that end this process by default shall do so.
    let node = NodeBuilder::new().signal_handling_mode(SignalHandlingMode::Disabled);
    Ok(node.config(&config).create()?)
}

type Service = PortFactory<ipc::Service, [u64], ()>;

fn service(job: &Job, node: &Node<ipc::Service>, name: &str) -> anyhow::Result<Service> {
    let builder = node.service_builder(&name.try_into()?).publish_subscribe::<[u64]>();
    let builder = builder.max_publishers(1).max_subscribers(1).history_size(0);
    let builder = builder.enable_safe_overflow(false).subscriber_max_borrowed_samples(1);
    Ok(builder.subscriber_max_buffer_size(slots(job.size)).open_or_create()?)
}

/// As many as others have.
fn slots(size: usize) -> usize {
    ((16 << 20) / size).min(65536)
}

struct Publish {
    publisher: Publisher<ipc::Service, [u64], ()>,
    words: usize,
}

fn publisher(job: &Job, service: &Service) -> anyhow::Result<Publish> {
    let words = job.size / 8;
    let builder = service.publisher_builder().initial_max_slice_len(words).max_loaned_samples(1);
    let publisher = builder.backpressure_strategy(BackpressureStrategy::DiscardData).create()?;
    Ok(Publish { publisher, words })
}

impl Sender for Publish {
    #[inline(always)]
    fn send(&mut self, message: Message) -> bool {
        let Ok(sample) = self.publisher.loan_slice_uninit(self.words) else { return false };
        let words = message.words();
        let word = |at: usize| if at < MESSAGE_WORDS { words[at] } else { message.number };
        // The number of subscribers that it was delivered to.
        sample.write_from_fn(word).send().is_ok_and(|subscribers| subscribers == 1)
    }
}

struct Subscribe(Subscriber<ipc::Service, [u64], ()>);

fn subscriber(service: &Service) -> anyhow::Result<Subscribe> {
    Ok(Subscribe(service.subscriber_builder().create()?))
}

impl Receiver for Subscribe {
    #[inline(always)]
    fn receive(&mut self) -> Option<Message> {
        self.0.receive().ok().flatten().map(|sample| look(sample.payload()))
    }
}
