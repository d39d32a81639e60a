//! Where a message ends on a stream (RFC 6587, RFC 5425).

/// How messages are told apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Framing {
    /// The length before each (RFC 5425, 4.3; RFC 6587, 3.4.1).
    #[default]
    OctetCounting,
    /// A line feed behind each (RFC 6587, 3.4.2).
    Newline,
}

impl Framing {
    /// Adds a message to what is to be written.
    pub fn write(self, message: &[u8], to: &mut Vec<u8>) {
        match self {
            Self::OctetCounting => {
                to.extend(message.len().to_string().into_bytes());
                to.push(b' ');
                to.extend(message);
            }
            Self::Newline => {
                to.extend(message);
                to.push(b'\n');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_apart_by_length_or_by_line() {
        let mut written = Vec::new();
        Framing::OctetCounting.write("ü".as_bytes(), &mut written);
        Framing::Newline.write(b"ab", &mut written);
        assert_eq!(written, "2 üab\n".as_bytes());
    }
}
