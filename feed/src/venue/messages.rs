//! How a venue's messages are defined: structs in the order of its specification, and from one list
//! of them everything that chooses by type.
//!
//! The module that uses these has its own `Header`, which begins with `kind: u8`, and the names of
//! zerocopy that the structs derive.

/// Defines one message: its struct behind the common [`Header`], its type and its length, which
/// is asserted.
macro_rules! message {
    (
        $(#[$doc:meta])*
        $kind:literal, $length:literal, $name:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ty,)* }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
        #[repr(C)]
        pub struct $name {
            /// What every message begins with.
            pub header: Header,
            $($(#[$field_doc])* pub $field: $ty,)*
        }

        impl $name {
            /// The type that the header of this message carries.
            pub const KIND: u8 = $kind;
            /// Bytes of the message.
            pub const LENGTH: usize = $length;
        }

        const _: () = assert!(size_of::<$name>() == $name::LENGTH);
    };
}

/// Derives from one list the enum over all messages and everything that chooses by type.
macro_rules! messages {
    ($($name:ident,)*) => {
        /// A message, still lying in the bytes that it was read from.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Message<'a> {
            $(#[doc = concat!("See [`", stringify!($name), "`].")] $name(&'a $name),)*
        }

        /// The types of all messages.
        pub const KINDS: &[u8] = &[$($name::KIND,)*];

        impl<'a> Message<'a> {
            /// The part that all messages have.
            #[inline]
            pub fn header(&self) -> &'a Header {
                match self {
                    $(Message::$name(message) => &message.header,)*
                }
            }
        }

        /// Finds out what a message says.
        #[inline(always)]
        pub fn decode(bytes: &[u8]) -> Result<Message<'_>, Refused> {
            let Some(&kind) = bytes.first() else { return Err(Refused::Empty) };
            match kind {
                $($name::KIND => match $name::ref_from_prefix(bytes) {
                    Ok((message, _tail)) => Ok(Message::$name(message)),
                    Err(_) => Err(Refused::Short(kind)),
                },)*
                _ => Err(Refused::Unknown(kind)),
            }
        }

        /// What a message begins with, and whether it is longer than its type says: by a table,
        /// without a branch on the type. Refuses what [`decode`] does.
        #[inline(always)]
        pub fn header(bytes: &[u8]) -> Result<(&Header, bool), Refused> {
            let Some(&kind) = bytes.first() else { return Err(Refused::Empty) };
            match (LENGTHS[usize::from(kind)].into(), Header::ref_from_prefix(bytes)) {
                (0, _) => Err(Refused::Unknown(kind)),
                (length, Ok((header, _))) if bytes.len() >= length => {
                    Ok((header, bytes.len() > length))
                }
                _ => Err(Refused::Short(kind)),
            }
        }

        /// Bytes of a message of this type; `None` for a type that the specification lacks.
        #[inline]
        pub const fn length(kind: u8) -> Option<usize> {
            match LENGTHS[kind as usize] {
                0 => None,
                length => Some(length as usize),
            }
        }

        /// By type; 0 where there is no message of it.
        static LENGTHS: [u8; 256] = {
            let mut lengths = [0; 256];
            $(
                assert!($name::LENGTH <= u8::MAX as usize);
                lengths[$name::KIND as usize] = $name::LENGTH as u8;
            )*
            lengths
        };
    };
}
