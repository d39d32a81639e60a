//! Every bound of the SCIM endpoint, in one place. What exceeds one gets a SCIM error that says so.

/// Longest request body, in bytes; longer ones get 413.
pub const MAX_BODY_LEN: usize = 1 << 20;

/// How much of a body that is too long is read and thrown away, in bytes, so that its sender gets to read the answer.
pub(super) const MAX_DRAINED_LEN: usize = 8 << 20;

/// As many characters of a content coding that isn't known are told back.
pub(super) const MAX_CODING_CHARS: usize = 64;

/// Deepest nesting of objects and arrays in a request body.
pub(super) const MAX_JSON_DEPTH: usize = 16;

/// Most members of one object, in a request body and in what is kept of a resource: members are looked up by name in any
/// letter case, one after the other.
pub(super) const MAX_MEMBERS: usize = 1000;

/// Most values in all of a PATCH's operations, at every depth, a group's members apart.
pub(super) const MAX_PATCH_VALUES: usize = 10_000;

/// Most names in `attributes` or `excludedAttributes`.
pub(super) const MAX_PROJECTED: usize = 256;

/// Longest filter or attribute path, in bytes.
pub(super) const MAX_EXPRESSION_LEN: usize = 4096;

/// Deepest nesting of parentheses, `not` and value paths in a filter.
pub(super) const MAX_FILTER_DEPTH: usize = 16;

/// Most comparisons in one filter.
pub(super) const MAX_FILTER_TERMS: usize = 128;

/// Most operations in one PATCH (a full group push of Okta sends one with many values, Entra one per attribute).
pub(super) const MAX_PATCH_OPERATIONS: usize = 1000;

/// Longest `userName`, `externalId` or `displayName`, in bytes.
pub(super) const MAX_NAME_LEN: usize = 1024;

/// Longest JSON text of all of a resource's attributes that doors don't need, in bytes.
pub(super) const MAX_ATTRIBUTES_LEN: usize = 128 << 10;

/// Most elements of one multi-valued attribute, members of groups apart.
pub(super) const MAX_VALUES: usize = 1000;

/// Resources on a page when the client names no `count`.
pub(super) const DEFAULT_PAGE: usize = 100;

/// Most resources on a page (RFC 7644, 3.4.2.4: the server may return fewer than asked for).
pub const MAX_PAGE: usize = 1000;

/// Most places of results that are kept in memory to sort them: a sorted page that ends deeper is refused. A page by
/// cursor needs its own length alone.
pub(super) const MAX_SORTED: usize = 100_000;

/// As many bytes of a text decide its place in a sorted list.
pub(super) const MAX_SORT_KEY_LEN: usize = 128;

/// Places at which pages by index ended that are remembered.
pub(super) const MAX_BOOKMARKS: usize = 256;

/// Longest text that is looked at as a cursor, in bytes.
pub(super) const MAX_CURSOR_LEN: usize = 2048;

/// How long after its query's first page a cursor may be used, in seconds: a night's work, and the total that was
/// told then still means something.
pub(super) const CURSOR_TIMEOUT_S: u32 = 24 * 60 * 60;

/// Most operations in one bulk request.
pub const MAX_BULK_OPERATIONS: usize = 1000;

/// Scans of the whole directory at one time; further ones wait their turn.
pub(super) const MAX_SCANS: usize = 2;

/// Longest format, badge type or instant of validity of a card, in bytes. A number of as many characters is cut, and
/// refused as none.
pub(super) const MAX_CARD_TEXT_LEN: usize = 256;
