//! BIOREAD, BIOMATCH and their replies: a finger, a face or an iris at a PD's reader.
//!
//! A PD that can't scan what it is asked for answers NAK 7, in another format than its own NAK 8; both are its handler's
//! to say, so any type and format is read here. Templates are never printed.

use core::fmt;

use super::bytes::{Full, Writer};
use super::named_bytes::open_byte_enum;
use super::payload::{PayloadError, counted, fixed, head};

open_byte_enum! {
    /// What is scanned (OSDP 2.2, 6.14, table of biometric types).
    BiometricType {
        /// Whatever the device scans.
        NotSpecified = 0x00,
        /// The right thumb's print.
        RightThumb = 0x01,
        /// The right index finger's print.
        RightIndexFinger = 0x02,
        /// The right middle finger's print.
        RightMiddleFinger = 0x03,
        /// The right ring finger's print.
        RightRingFinger = 0x04,
        /// The right little finger's print.
        RightLittleFinger = 0x05,
        /// The left thumb's print.
        LeftThumb = 0x06,
        /// The left index finger's print.
        LeftIndexFinger = 0x07,
        /// The left middle finger's print.
        LeftMiddleFinger = 0x08,
        /// The left ring finger's print.
        LeftRingFinger = 0x09,
        /// The left little finger's print.
        LeftLittleFinger = 0x0A,
        /// The right eye's iris.
        RightIris = 0x0B,
        /// The right eye's retina.
        RightRetina = 0x0C,
        /// The left eye's iris.
        LeftIris = 0x0D,
        /// The left eye's retina.
        LeftRetina = 0x0E,
        /// The whole face.
        FullFace = 0x0F,
        /// The right hand's shape.
        RightHand = 0x10,
        /// The left hand's shape.
        LeftHand = 0x11,
    }
}

open_byte_enum! {
    /// How a scan is written down (OSDP 2.2, 6.14, table of biometric formats).
    BiometricFormat {
        /// As the device does.
        NotSpecified = 0x00,
        /// The raw print, as a PGM picture.
        RawPrint = 0x01,
        /// A template by ANSI/INCITS 378.
        AnsiIncits378 = 0x02,
    }
}

open_byte_enum! {
    /// What became of a scan. Unless it was a success, the reply's other fields mean nothing.
    BiometricStatus {
        /// It was done.
        Success = 0x00,
        /// Nobody came in time.
        Timeout = 0x01,
        /// It failed for another reason.
        UnknownError = 0xFF,
    }
}

/// BIOREAD: scan and send (OSDP 2.2, 6.14).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BioRead {
    /// The reader's number, from 0.
    pub reader: u8,
    /// What to scan.
    pub kind: BiometricType,
    /// How to write it down.
    pub format: BiometricFormat,
    /// How good the scan must be, 0 to 255.
    pub quality: u8,
}

/// BIOMATCH: scan and compare (OSDP 2.2, 6.15).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BioMatch<'a> {
    /// The reader's number, from 0.
    pub reader: u8,
    /// What to scan.
    pub kind: BiometricType,
    /// How the template is written down.
    pub format: BiometricFormat,
    /// How good the match must be, 0 to 255.
    pub quality: u8,
    /// What to compare with, at most 65,535 bytes.
    pub template: &'a [u8],
}

/// BIOREADR: what was scanned (OSDP 2.2, 7.14).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BioReadResult<'a> {
    /// The reader's number, from 0.
    pub reader: u8,
    /// What became of it.
    pub status: BiometricStatus,
    /// What was scanned.
    pub kind: BiometricType,
    /// How good the scan is, 0 to 255.
    pub quality: u8,
    /// The scan, at most 65,535 bytes.
    pub template: &'a [u8],
}

/// BIOMATCHR: how well the scan matched (OSDP 2.2, 7.15).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BioMatchResult {
    /// The reader's number, from 0.
    pub reader: u8,
    /// What became of it.
    pub status: BiometricStatus,
    /// 0: no match, 255: the best there is.
    pub score: u8,
}

impl BioRead {
    pub(super) fn parse(data: &[u8]) -> Result<Self, PayloadError> {
        let [reader, kind, format, quality] = *fixed(data)?;
        let (kind, format) = (BiometricType::from_byte(kind), BiometricFormat::from_byte(format));
        Ok(Self { reader, kind, format, quality })
    }

    pub(super) fn emit(self, out: &mut Writer<'_>) -> Result<(), Full> {
        out.put(&[self.reader, self.kind.to_byte(), self.format.to_byte(), self.quality])
    }
}

impl<'a> BioMatch<'a> {
    pub(super) fn parse(data: &'a [u8]) -> Result<Self, PayloadError> {
        let ([reader, kind, format, quality, len @ ..], template) = head::<6>(data)?;
        Ok(Self {
            reader: *reader,
            kind: BiometricType::from_byte(*kind),
            format: BiometricFormat::from_byte(*format),
            quality: *quality,
            template: counted(template, 4, u16::from_le_bytes(*len))?,
        })
    }

    pub(super) fn emit(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        let Self { reader, kind, format, quality, template } = *self;
        BioRead { reader, kind, format, quality }.emit(out)?;
        emit_template(template, out)
    }
}

impl<'a> BioReadResult<'a> {
    pub(super) fn parse(data: &'a [u8]) -> Result<Self, PayloadError> {
        let ([reader, status, kind, quality, len @ ..], template) = head::<6>(data)?;
        Ok(Self {
            reader: *reader,
            status: BiometricStatus::from_byte(*status),
            kind: BiometricType::from_byte(*kind),
            quality: *quality,
            template: counted(template, 4, u16::from_le_bytes(*len))?,
        })
    }

    pub(super) fn emit(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        out.put(&[self.reader, self.status.to_byte(), self.kind.to_byte(), self.quality])?;
        emit_template(self.template, out)
    }
}

impl BioMatchResult {
    pub(super) fn parse(data: &[u8]) -> Result<Self, PayloadError> {
        let [reader, status, score] = *fixed(data)?;
        Ok(Self { reader, status: BiometricStatus::from_byte(status), score })
    }

    pub(super) fn emit(self, out: &mut Writer<'_>) -> Result<(), Full> {
        out.put(&[self.reader, self.status.to_byte(), self.score])
    }
}

fn emit_template(template: &[u8], out: &mut Writer<'_>) -> Result<(), Full> {
    out.put_u16(u16::try_from(template.len()).map_err(|_| Full)?)?;
    out.put(template)
}

impl fmt::Debug for BioMatch<'_> {
    /// Without the template, which is a person's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reader, kind, format, quality, template } = self;
        let len = template.len();
        write!(f, "BioMatch({kind:?} at reader {reader}, {format:?}, quality {quality}, {len} bytes)")
    }
}

impl fmt::Debug for BioReadResult<'_> {
    /// Without the template, which is a person's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reader, status, kind, quality, template } = self;
        let len = template.len();
        write!(f, "BioReadResult({status:?}: {kind:?} at reader {reader}, quality {quality}, {len} bytes)")
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::format;

    use super::*;

    #[test]
    fn payloads_are_laid_out_as_the_standard_says() {
        let request = [1, 0x07, 2, 0x60, 3, 0, b'a', b'b', b'c'];
        let read = BioRead {
            reader: 1,
            kind: BiometricType::LeftIndexFinger,
            format: BiometricFormat::AnsiIncits378,
            quality: 0x60,
        };
        assert_eq!(BioRead::parse(&request[..4]), Ok(read));
        let matching = BioMatch::parse(&request).unwrap();
        assert_eq!((matching.kind, matching.template), (read.kind, &b"abc"[..]));
        let result = BioReadResult::parse(&[0, 0xFF, 0x0F, 0x60, 0, 0]).unwrap();
        assert_eq!((result.status, result.kind), (BiometricStatus::UnknownError, BiometricType::FullFace));
        let result = BioMatchResult { reader: 0, status: BiometricStatus::Timeout, score: 0x80 };
        assert_eq!(BioMatchResult::parse(&[0, 1, 0x80]), Ok(result));
    }

    #[test]
    fn a_template_of_another_length_is_refused() {
        assert_eq!(
            BioMatch::parse(&[0, 0, 0, 0, 2, 0, 9]),
            Err(PayloadError::Count { at: 4, says: 2, follow: 1 })
        );
        assert_eq!(BioReadResult::parse(&[0; 5]), Err(PayloadError::TooShort { len: 5, min: 6 }));
        assert_eq!(BioMatch::parse(&[0; 3]), Err(PayloadError::TooShort { len: 3, min: 6 }));
    }

    #[test]
    fn a_template_is_never_printed() {
        let result = BioReadResult::parse(&[0, 0, 1, 2, 3, 0, 77, 78, 79]).unwrap();
        assert_eq!(
            format!("{result:?}"),
            "BioReadResult(Success: RightThumb at reader 0, quality 2, 3 bytes)"
        );
    }
}
