//! The tables of a person: RFC 7643, 4.1 and 4.3 with the card number, and the project's own extension for several cards.

use super::attribute::{Attribute, Held, Kind, ResourceType, Schema, plural};

/// A person.
pub(in super::super) static USER: ResourceType = ResourceType {
    name: "User",
    endpoint: "Users",
    description: "A person who may carry cards.",
    schema: &CORE_USER,
    extensions: &[&ENTERPRISE_USER, &GATEHOUSE_USER],
    held_as: Held::Cardholders,
    dropped: &["password"],
};

static CORE_USER: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:User",
    name: "User",
    description: "A person who may carry cards.",
    attributes: &USER_ATTRIBUTES,
};

/// The enterprise extension with the attribute that makes cards.
pub(in super::super) static ENTERPRISE_USER: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    name: "EnterpriseUser",
    description: "A person in an organisation, and the card they carry.",
    attributes: &ENTERPRISE_ATTRIBUTES,
};

/// The project's own extension: several cards of one person, each with what can be said of a card.
pub(in super::super) static GATEHOUSE_USER: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:extension:gatehouse:2.0:User",
    name: "GatehouseUser",
    description: "The cards of a person who carries several, or whose card is more than a number.",
    attributes: &GATEHOUSE_ATTRIBUTES,
};

const EXTERNAL: &[&str] = &["external"];
const PLACES: &[&str] = &["work", "home", "other"];

static USER_ATTRIBUTES: [Attribute; 20] = [
    Attribute::text("userName", "Unique name of the person, in any letter case.").required().unique(),
    Attribute::complex("name", &NAME, "The parts of the name."),
    Attribute::text("displayName", "The name to show at doors and on the page."),
    Attribute::text("nickName", "The casual name."),
    Attribute::reference("profileUrl", EXTERNAL, "A page about the person."),
    Attribute::text("title", "The title, such as Vice President."),
    Attribute::text("userType", "The relation to the organisation, such as Contractor."),
    Attribute::text("preferredLanguage", "Languages preferred, as in Accept-Language."),
    Attribute::text("locale", "Place for formats of numbers and dates."),
    Attribute::text("timezone", "IANA time zone."),
    Attribute::boolean(
        "active",
        "Whether any of the person's cards opens anything. Always there; a person who comes without it is active.",
    )
    .required(),
    Attribute::complex("emails", &EMAILS, "E-mail addresses.").many(),
    Attribute::complex("phoneNumbers", &PHONES, "Telephone numbers.").many(),
    Attribute::complex("ims", &IMS, "Instant messaging addresses.").many(),
    Attribute::complex("photos", &PHOTOS, "Addresses of pictures.").many(),
    Attribute::complex("addresses", &ADDRESSES, "Postal addresses.").many(),
    Attribute::complex("groups", &GROUPS, "The groups the person belongs to; changed at the groups.")
        .many()
        .read_only(),
    Attribute::complex("entitlements", &ENTITLEMENTS, "Entitlements.").many(),
    Attribute::complex("roles", &ROLES, "Roles.").many(),
    Attribute::complex("x509Certificates", &CERTIFICATES, "Certificates.").many(),
];

static NAME: [Attribute; 6] = [
    Attribute::text("formatted", "The full name as shown."),
    Attribute::text("familyName", "The family name."),
    Attribute::text("givenName", "The given name."),
    Attribute::text("middleName", "The middle names."),
    Attribute::text("honorificPrefix", "Titles before the name."),
    Attribute::text("honorificSuffix", "Suffixes after the name."),
];

static EMAILS: [Attribute; 4] = plural(Attribute::text("value", "The address."), PLACES);
static PHONES: [Attribute; 4] =
    plural(Attribute::text("value", "The number."), &["work", "home", "mobile", "fax", "pager", "other"]);
static IMS: [Attribute; 4] = plural(Attribute::text("value", "The address."), &[]);
static PHOTOS: [Attribute; 4] =
    plural(Attribute::reference("value", EXTERNAL, "The picture's address."), &["photo", "thumbnail"]);
static ENTITLEMENTS: [Attribute; 4] = plural(Attribute::text("value", "The entitlement."), &[]);
static ROLES: [Attribute; 4] = plural(Attribute::text("value", "The role."), &[]);
static CERTIFICATES: [Attribute; 4] =
    plural(Attribute::new("value", Kind::Binary, "DER, in Base64.").exact(), &[]);

static ADDRESSES: [Attribute; 8] = [
    Attribute::text("formatted", "The whole address as shown."),
    Attribute::text("streetAddress", "Street and number."),
    Attribute::text("locality", "City."),
    Attribute::text("region", "State or region."),
    Attribute::text("postalCode", "Postal code."),
    Attribute::text("country", "ISO 3166-1 alpha-2 code."),
    Attribute::text("type", "What this address is for.").canonical(PLACES),
    Attribute::boolean("primary", "Whether it is the preferred one; true at most once."),
];

static GROUPS: [Attribute; 4] = [
    Attribute::text("value", "The group's id.").exact().read_only(),
    Attribute::reference("$ref", &["Group"], "The group's address.").read_only(),
    Attribute::text("display", "The group's name.").read_only(),
    Attribute::text("type", "How the membership came about.").canonical(&["direct"]).read_only(),
];

static ENTERPRISE_ATTRIBUTES: [Attribute; 7] = [
    Attribute::text("employeeNumber", "Number of the employee."),
    Attribute::text("costCenter", "Cost centre."),
    Attribute::text("organization", "Organisation."),
    Attribute::text("division", "Division."),
    Attribute::text("department", "Department."),
    Attribute::complex("manager", &MANAGER, "The person's manager."),
    Attribute::text(
        "cardNumber",
        "The number of the person's card: NUMBER in the site's default format and facility, FACILITY:NUMBER, \
         FORMAT:FACILITY:NUMBER, or raw:BITS:0xHEX.",
    )
    .exact(),
];

/// Required where the extension is there at all: it has nothing else to say.
static GATEHOUSE_ATTRIBUTES: [Attribute; 1] = [Attribute::complex(
    "cards",
    &CARDS,
    "At most 16 cards, besides the one of cardNumber. Where both name the same card, its entry here says what it is.",
)
.many()
.required()];

/// Validity is text: what can't be read as an instant costs the card, not the person.
static CARDS: [Attribute; 7] = [
    Attribute::text("value", "The card's number, written in any way that cardNumber may be.").exact(),
    Attribute::text(
        "badgeType",
        "What kind of card it is, such as Visitor; by default what the site configures.",
    ),
    Attribute::text(
        "format",
        "The card format that a value without one is in, such as H10302; by default the site's.",
    ),
    Attribute::text(
        "validFrom",
        "The instant before which the card opens nothing, such as 2027-01-31T08:00:00Z.",
    ),
    Attribute::text(
        "validUntil",
        "The instant from which on the card opens nothing, such as 2027-01-31T18:00:00Z.",
    ),
    Attribute::boolean("active", "Whether the card opens anything; true by default."),
    Attribute::text("refusal", "Why this can't be a card, with what would be right. Absent where it is one.")
        .read_only()
        .on_request(),
];

static MANAGER: [Attribute; 3] = [
    Attribute::text("value", "The manager's id.").exact(),
    Attribute::reference("$ref", &["User"], "The manager's address."),
    Attribute::text("displayName", "The manager's name.").read_only(),
];
