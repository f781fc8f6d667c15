//! Apache Parquet: the columns of CSV, typed, in row groups that are packed with Zstandard. Behind the
//! cargo feature `parquet`.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{
    ByteArray, ByteArrayType, DataType, FixedLenByteArray, FixedLenByteArrayType, Int64Type,
};
use parquet::errors::Result;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use tickline_shared::instruments::Instruments;
use tickline_shared::msg::{Kind, Side};
use tickline_shared::ring::Record;
use tickline_shared::ring::layout::Epoch;
use tickline_shared::units::Symbol;

use super::output::Output;
use super::rows::{About, Rows};
use super::text::{Names, Parts, Quantity, status, symbol};

/// Rows of a row group: some MiB of each column, which readers take in one piece.
const ROW_GROUP: usize = 1 << 17;

/// Bytes of a decimal with 19 digits, 9 of them behind the point: every price and quantity is one.
const DECIMAL_BYTES: usize = 9;

/// Where a value is, and where none is.
const THERE: i16 = 1;
const ABSENT: i16 = 0;

/// See the head of this file.
pub struct Parquet {
    writer: SerializedFileWriter<Output>,
    records: Vec<Record>,
    texts: Texts,
    instruments: Instruments,
}

/// Texts that many rows share.
struct Texts {
    kinds: Vec<ByteArray>,
    sides: Vec<ByteArray>,
    flags: Vec<ByteArray>,
    symbols: HashMap<Symbol, ByteArray>,
}

impl Parquet {
    /// An empty file.
    pub fn new(about: &About, out: Output) -> io::Result<Parquet> {
        let schema = Arc::new(parse_message_type(&schema(about.epoch))?);
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_created_by(concat!("tickline ", env!("CARGO_PKG_VERSION")).to_owned());
        let writer = SerializedFileWriter::new(out, schema, Arc::new(properties.build()))?;
        let (records, instruments) = (Vec::with_capacity(ROW_GROUP), about.instruments.clone());
        Ok(Parquet { writer, records, texts: Texts::new(), instruments })
    }

    fn write_group(&mut self) -> Result<()> {
        let (rows, texts) = (&self.records, &mut self.texts);
        let parts: Vec<_> = rows.iter().map(|row| Parts::of(&row.msg, &self.instruments)).collect();
        let mut group = self.writer.next_row_group()?;

        put::<Int64Type>(&mut group, rows.iter().map(|row| Some(row.exchange_ts as i64)))?;
        let kinds = rows.iter().map(|row| Some(texts.kinds[usize::from(row.msg.kind.0)].clone()));
        put::<ByteArrayType>(&mut group, kinds)?;
        let symbols =
            rows.iter().map(|row| (row.msg.symbol != Symbol::NONE).then_some(row.msg.symbol));
        let symbols =
            symbols.map(|symbol| symbol.map(|symbol| of_symbol(&mut texts.symbols, symbol)));
        put::<ByteArrayType>(&mut group, symbols)?;
        let sides = rows.iter().map(|row| (row.msg.side != Side::None).then_some(row.msg.side));
        let sides = sides.map(|side| side.map(|side| texts.sides[usize::from(side.0)].clone()));
        put::<ByteArrayType>(&mut group, sides)?;
        put_decimals(&mut group, parts.iter().map(|part| part.price.map(|price| price.0)))?;
        put_decimals(&mut group, parts.iter().map(|part| part.quantity.map(nanos)))?;
        put::<Int64Type>(&mut group, parts.iter().map(|part| part.id.map(|id| id as i64)))?;
        let flags = rows.iter().map(|row| Some(texts.flags[usize::from(row.msg.flags.0)].clone()));
        put::<ByteArrayType>(&mut group, flags)?;
        let statuses =
            parts.iter().map(|part| Some(ByteArray::from(status(part.status.as_ref()?))));
        put::<ByteArrayType>(&mut group, statuses)?;
        put::<Int64Type>(&mut group, rows.iter().map(|row| Some(row.number as i64)))?;
        group.close()?;
        self.records.clear();
        Ok(())
    }
}

/// The columns. Whole numbers have 64 bits without a sign.
fn schema(epoch: Epoch) -> String {
    let clock = match epoch {
        Epoch::Unix => "TIMESTAMP(NANOS,true)",
        Epoch::Midnight => "TIME(NANOS,false)",
    };
    format!(
        "message tickline {{
            required int64 exchange_ts ({clock});
            required binary kind (STRING);
            optional binary symbol (STRING);
            optional binary side (STRING);
            optional fixed_len_byte_array({DECIMAL_BYTES}) price (DECIMAL(19,9));
            optional fixed_len_byte_array({DECIMAL_BYTES}) quantity (DECIMAL(19,9));
            optional int64 id (INTEGER(64,false));
            required binary flags (STRING);
            optional binary status (STRING);
            required int64 number (INTEGER(64,false));
        }}"
    )
}

impl Texts {
    fn new() -> Texts {
        let names = Names::new(str::to_owned, |flags| flags.join("|"));
        let all = |text: &dyn Fn(u8) -> Vec<u8>| (0..=u8::MAX).map(|it| text(it).into()).collect();
        Texts {
            kinds: all(&|byte| names.kind(Kind(byte)).to_vec()),
            sides: all(&|byte| names.side(Side(byte)).to_vec()),
            flags: all(&|byte| names.flags(tickline_shared::msg::Flags(byte)).to_vec()),
            symbols: HashMap::new(),
        }
    }
}

fn of_symbol(texts: &mut HashMap<Symbol, ByteArray>, name: Symbol) -> ByteArray {
    let text = || symbol(&name).escape_ascii().to_string().into_bytes().into();
    texts.entry(name).or_insert_with(text).clone()
}

/// A quantity with nine decimals.
fn nanos(quantity: Quantity) -> i64 {
    i64::from(quantity.count) * 10i64.pow(9 - u32::from(quantity.decimals))
}

/// Writes the next column: what is there of each row.
fn put<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Output>,
    values: impl Iterator<Item = Option<T::T>>,
) -> Result<()> {
    let mut levels = Vec::with_capacity(ROW_GROUP);
    let note = |value: &Option<T::T>| levels.push(if value.is_some() { THERE } else { ABSENT });
    let there: Vec<T::T> = values.inspect(note).flatten().collect();
    let mut column = group.next_column()?.expect("the schema has a column for each call");
    // Columns that are required take no notice of the levels.
    column.typed::<T>().write_batch(&there, Some(&levels), None)?;
    column.close()
}

/// Writes the next column of decimals, given in units of the ninth one.
fn put_decimals(
    group: &mut SerializedRowGroupWriter<'_, Output>,
    values: impl Iterator<Item = Option<i64>>,
) -> Result<()> {
    let (mut bytes, mut places) = (Vec::new(), Vec::new());
    for value in values {
        places.push(value.map(|_| bytes.len()));
        let wide = value.map(|value| i128::from(value).to_be_bytes());
        bytes.extend(wide.iter().flat_map(|wide| &wide[wide.len() - DECIMAL_BYTES..]));
    }
    // Values are parts of one piece of memory.
    let all = ByteArray::from(bytes);
    let value = |at| FixedLenByteArray::from(all.slice(at, DECIMAL_BYTES));
    put::<FixedLenByteArrayType>(group, places.iter().map(|place| place.map(value)))
}

impl Rows for Parquet {
    fn rows(&mut self, records: &[Record]) -> io::Result<()> {
        for record in records {
            self.records.push(*record);
            if self.records.len() == ROW_GROUP {
                self.write_group()?;
            }
        }
        Ok(())
    }

    /// A file without its end is none.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<Output> {
        if !self.records.is_empty() {
            self.write_group()?;
        }
        Ok(self.writer.into_inner()?)
    }
}
