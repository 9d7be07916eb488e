#include "readers/capture/tls/x509.h"

#include "base/buffer.h"
#include "base/utf.h"
#include "readers/capture/auth/der.h"
#include "readers/capture/tls/oid.h"

#include <openssl/evp.h>

#include <stdio.h>

#define NAME_PARTS_MAX 32U
#define NAMES_MAX      256U /* of a subject alternative name */
#define TAG_UTC_TIME   0x17
#define TAG_TIME       0x18
#define TAG_BOOLEAN    0x01
#define TAG_SET        0x31
#define TAG_BMP_STRING 0x1E

enum x509_field {
    X509_FINGERPRINT,
    X509_VERSION,
    X509_SERIAL,
    X509_SUBJECT,
    X509_ISSUER,
    X509_NOT_BEFORE,
    X509_NOT_AFTER,
    X509_KEY_ALG,
    X509_SIG_ALG,
    X509_KEY_TYPE,
    X509_KEY_LENGTH,
    X509_EXPONENT,
    X509_CURVE,
    X509_SAN_DNS,
    X509_SAN_URI,
    X509_SAN_EMAIL,
    X509_SAN_IP,
    X509_IS_CA,
    X509_PATH_LENGTH,
    X509_HOST_CERT,
    X509_CLIENT_CERT,
    X509_SELF_ISSUED, /* issuer and subject are the same name */
    X509_FIELD_COUNT
};

static const char *const fields[X509_FIELD_COUNT] = {
    [X509_FINGERPRINT] = "fingerprint",
    [X509_VERSION] = "certificate.version",
    [X509_SERIAL] = "certificate.serial",
    [X509_SUBJECT] = "certificate.subject",
    [X509_ISSUER] = "certificate.issuer",
    [X509_NOT_BEFORE] = "certificate.not_valid_before",
    [X509_NOT_AFTER] = "certificate.not_valid_after",
    [X509_KEY_ALG] = "certificate.key_alg",
    [X509_SIG_ALG] = "certificate.sig_alg",
    [X509_KEY_TYPE] = "certificate.key_type",
    [X509_KEY_LENGTH] = "certificate.key_length",
    [X509_EXPONENT] = "certificate.exponent",
    [X509_CURVE] = "certificate.curve",
    [X509_SAN_DNS] = "san.dns",
    [X509_SAN_URI] = "san.uri",
    [X509_SAN_EMAIL] = "san.email",
    [X509_SAN_IP] = "san.ip",
    [X509_IS_CA] = "basic_constraints.ca",
    [X509_PATH_LENGTH] = "basic_constraints.path_len",
    [X509_HOST_CERT] = "host_cert",
    [X509_CLIENT_CERT] = "client_cert",
    [X509_SELF_ISSUED] = "is_self_issued",
};

static const struct wire_log x509_log = {"x509", fields, X509_FIELD_COUNT};

/* --- Reading --- */

static bool time_take(struct cursor *at, struct bytes *time, bool *is_short)
{
    struct cursor inner;
    uint8_t tag;
    if (!der_next(at, &tag, &inner) || (tag != TAG_UTC_TIME && tag != TAG_TIME))
        return false;
    *time = der_bytes(&inner);
    *is_short = tag == TAG_UTC_TIME;
    return true;
}

static bool algorithm_take(struct cursor *at, struct bytes *oid, struct bytes *parameters)
{
    struct cursor inner, identifier;
    if (!der_take(at, DER_SEQUENCE, &inner) || !der_take(&inner, DER_OID, &identifier))
        return false;
    *oid = der_bytes(&identifier);
    if (parameters)
        *parameters = der_bytes(&inner);
    return true;
}

/* SubjectPublicKeyInfo (RFC 5280 4.1): algorithm, BIT STRING with its number of unused bits. */
static bool key_take(struct cursor *at, struct x509 *certificate)
{
    struct cursor inner, bits;
    if (!der_take(at, DER_SEQUENCE, &inner) ||
        !algorithm_take(&inner, &certificate->key_algorithm, &certificate->key_parameters) ||
        !der_take(&inner, DER_BIT_STRING, &bits) || !cursor_take(&bits, 1))
        return false;
    certificate->key = der_bytes(&bits);
    return true;
}

static void extensions_take(struct cursor *at, struct x509 *certificate)
{
    struct cursor inner, list;
    uint8_t tag;
    while (der_next(at, &tag, &inner))
        if (tag == DER_CONTEXT(3) && der_take(&inner, DER_SEQUENCE, &list))
            certificate->extensions = der_bytes(&list);
}

/* TBSCertificate (RFC 5280 4.1): [0] version, serialNumber, signature, issuer, validity, subject,
 * subjectPublicKeyInfo, ..., [3] extensions */
static bool body_take(struct cursor *body, struct x509 *certificate)
{
    struct cursor inner, version, validity;
    certificate->version = 1;
    if (der_take(body, DER_CONTEXT(0), &version) && der_take(&version, DER_INTEGER, &inner))
        certificate->version = (uint8_t)(der_integer(&inner) + 1);
    if (!der_take(body, DER_INTEGER, &inner))
        return false;
    certificate->serial = der_bytes(&inner);
    if (!algorithm_take(body, &certificate->signature, NULL) ||
        !der_take(body, DER_SEQUENCE, &inner))
        return false;
    certificate->issuer = der_bytes(&inner);
    if (!der_take(body, DER_SEQUENCE, &validity) ||
        !time_take(&validity, &certificate->not_before, &certificate->before_is_short) ||
        !time_take(&validity, &certificate->not_after, &certificate->after_is_short) ||
        !der_take(body, DER_SEQUENCE, &inner))
        return false;
    certificate->subject = der_bytes(&inner);
    if (!key_take(body, certificate))
        return false;
    extensions_take(body, certificate);
    return true;
}

bool x509_read(struct bytes bytes, struct x509 *certificate)
{
    struct cursor at = cursor_over(bytes, 0), whole, body;
    *certificate = (struct x509){0};
    return der_take(&at, DER_SEQUENCE, &whole) && der_take(&whole, DER_SEQUENCE, &body) &&
           body_take(&body, certificate);
}

/* --- Names --- */

/* What RFC 4514 2.4 wants escaped. */
static void value_add(struct buffer *to, struct bytes value)
{
    for (size_t i = 0; i < value.length; i++) {
        const uint8_t c = value.data[i];
        const bool is_edge =
            (i == 0 && (c == ' ' || c == '#')) || (i + 1 == value.length && c == ' ');
        if (c == 0) {
            buffer_text(to, "\\00");
            continue;
        }
        if (is_edge || (c < 0x80 && strchr(",+\"\\<>;", c)))
            buffer_byte(to, '\\');
        buffer_byte(to, c);
    }
}

static void wide_add(struct buffer *to, struct bytes value)
{
    for (size_t i = 0; i + 2 <= value.length; i += 2) {
        const uint16_t unit = load_be16(value.data + i);
        uint8_t text[4];
        value_add(to, bytes_of(text, utf8_encode(text, unit)));
    }
}

/* One or more AttributeTypeAndValue, joined by a plus. */
static void part_add(struct buffer *to, struct bytes part)
{
    struct cursor set = cursor_over(part, 0), pair, type, value;
    bool is_first = true;
    while (der_take(&set, DER_SEQUENCE, &pair)) {
        uint8_t tag;
        if (!der_take(&pair, DER_OID, &type) || !der_next(&pair, &tag, &value))
            return;
        if (!is_first)
            buffer_byte(to, '+');
        is_first = false;
        oid_add(to, der_bytes(&type), oid_attribute_name(der_bytes(&type)));
        buffer_byte(to, '=');
        if (tag == TAG_BMP_STRING)
            wide_add(to, der_bytes(&value));
        else
            value_add(to, der_bytes(&value));
    }
}

/* The last part first (RFC 4514 2.1). */
struct bytes x509_name(struct arena *arena, struct bytes name)
{
    struct bytes parts[NAME_PARTS_MAX];
    size_t count = 0;
    struct cursor at = cursor_over(name, 0), set;
    while (count < NAME_PARTS_MAX && der_take(&at, TAG_SET, &set))
        parts[count++] = der_bytes(&set);
    struct buffer text = {0};
    while (count) {
        part_add(&text, parts[--count]);
        if (count)
            buffer_byte(&text, ',');
    }
    const struct bytes kept = arena_keep(arena, buffer_view(&text));
    buffer_release(&text);
    return kept.data ? kept : (struct bytes){0};
}

/* --- Telling --- */

void x509_print(struct bytes bytes, char *to)
{
    uint8_t digest[32];
    to[0] = '\0';
    if (EVP_Digest(bytes.data, bytes.length, digest, NULL, EVP_sha256(), NULL) != 1)
        return;
    for (unsigned i = 0; i < sizeof(digest); i++)
        snprintf(to + 2 * (size_t)i, 3, "%02x", digest[i]);
}

/* Without leading zeros: as SigmaHQ's rules write serial numbers. */
static void serial_tell(struct wire_event *event, struct bytes serial)
{
    char text[2 * 40 + 1] = "";
    if (serial.length > 40)
        serial.length = 40;
    for (size_t i = 0; i < serial.length; i++)
        snprintf(text + 2 * i, 3, "%02X", serial.data[i]);
    const char *start = text;
    while (*start == '0' && start[1])
        start++;
    wire_set_copy(event, X509_SERIAL, bytes_of_text(start));
}

/* YYMMDDHHMMSSZ from 1950 on, or with four digits of the year (RFC 5280 4.1.2.5). */
static void time_tell(struct wire_event *event, uint32_t field, struct bytes time, bool is_short)
{
    char text[24];
    const char *at = (const char *)time.data;
    if (time.length != (is_short ? 13U : 15U) || time.data[time.length - 1] != 'Z')
        return;
    const char *century = !is_short ? "" : at[0] >= '5' ? "19" : "20";
    const int year = is_short ? 2 : 4;
    const char *rest = at + year;
    snprintf(text, sizeof(text), "%s%.*s-%.2s-%.2sT%.2s:%.2s:%.2sZ", century, year, at, rest,
             rest + 2, rest + 4, rest + 6, rest + 8);
    struct instant instant;
    if (instant_parse(bytes_of_text(text), &instant) == STATUS_OK)
        wire_set_value(event, field,
                       (struct value){.type = VALUE_INSTANT, .integer = instant.seconds});
}

static unsigned bits_of(struct bytes number)
{
    size_t at = 0;
    while (at < number.length && number.data[at] == 0)
        at++;
    if (at == number.length)
        return 0;
    const unsigned top = 32U - (unsigned)__builtin_clz(number.data[at]);
    return (unsigned)(number.length - at - 1) * 8 + top;
}

/* RSAPublicKey (RFC 8017 A.1.1): modulus, exponent. */
static void rsa_tell(struct wire_event *event, struct bytes key)
{
    struct cursor at = cursor_over(key, 0), pair, number;
    wire_set_name(event, X509_KEY_TYPE, "rsa");
    if (!der_take(&at, DER_SEQUENCE, &pair) || !der_take(&pair, DER_INTEGER, &number))
        return;
    wire_set_number(event, X509_KEY_LENGTH, bits_of(der_bytes(&number)));
    if (der_take(&pair, DER_INTEGER, &number))
        wire_set_format(event, X509_EXPONENT, "%llu", (unsigned long long)der_integer(&number));
}

static void curve_tell(struct wire_event *event, struct bytes parameters)
{
    struct cursor at = cursor_over(parameters, 0), oid;
    unsigned bits = 0;
    wire_set_name(event, X509_KEY_TYPE, "ecdsa");
    if (!der_take(&at, DER_OID, &oid))
        return;
    const char *name = oid_curve_name(der_bytes(&oid), &bits);
    if (name)
        wire_set_name(event, X509_CURVE, name);
    if (bits)
        wire_set_number(event, X509_KEY_LENGTH, bits);
}

static void oid_tell(struct wire_event *event, uint32_t field, struct bytes oid)
{
    struct buffer text = {0};
    oid_add(&text, oid, oid_algorithm_name(oid));
    wire_set_copy(event, field, buffer_view(&text));
    buffer_release(&text);
}

static void key_tell(struct wire_event *event, const struct x509 *certificate)
{
    oid_tell(event, X509_KEY_ALG, certificate->key_algorithm);
    oid_tell(event, X509_SIG_ALG, certificate->signature);
    switch (oid_key_kind(certificate->key_algorithm)) {
    case OID_KEY_RSA:
        rsa_tell(event, certificate->key);
        break;
    case OID_KEY_CURVE:
        curve_tell(event, certificate->key_parameters);
        break;
    case OID_KEY_DSA:
        wire_set_name(event, X509_KEY_TYPE, "dsa");
        break;
    case OID_KEY_OTHER:
        wire_set_name(event, X509_KEY_TYPE, "unknown");
        break;
    }
}

static void address_add(struct wire_event *event, struct bytes bytes)
{
    const bool is_4 = bytes.length == 4;
    uint8_t text[64];
    const struct value value = {
        .type = is_4 ? VALUE_IP4 : VALUE_IP6, .length = (uint32_t)bytes.length, .data = bytes.data};
    if (!is_4 && bytes.length != 16)
        return;
    const size_t length = value_write(text, &value);
    const struct bytes kept = arena_keep(event->arena, bytes_of(text, length));
    if (kept.data)
        wire_add_text(event, X509_SAN_IP, kept);
}

/* GeneralNames (RFC 5280 4.2.1.6): [1] mail, [2] DNS, [6] URI, [7] address. */
static void names_tell(struct wire_event *event, struct cursor *value)
{
    struct cursor list, name;
    uint8_t tag;
    if (!der_take(value, DER_SEQUENCE, &list))
        return;
    for (unsigned i = 0; i < NAMES_MAX && der_next(&list, &tag, &name); i++) {
        if (tag == 0x81)
            wire_add_text(event, X509_SAN_EMAIL, der_bytes(&name));
        else if (tag == 0x82)
            wire_add_text(event, X509_SAN_DNS, der_bytes(&name));
        else if (tag == 0x86)
            wire_add_text(event, X509_SAN_URI, der_bytes(&name));
        else if (tag == 0x87)
            address_add(event, der_bytes(&name));
    }
}

/* BasicConstraints (RFC 5280 4.2.1.9): cA, pathLenConstraint. */
static void constraints_tell(struct wire_event *event, struct cursor *value)
{
    struct cursor list, inner;
    if (!der_take(value, DER_SEQUENCE, &list))
        return;
    const bool is_ca = der_take(&list, TAG_BOOLEAN, &inner) && cursor_left(&inner) && *inner.at;
    wire_set_bool(event, X509_IS_CA, is_ca);
    if (der_take(&list, DER_INTEGER, &inner))
        wire_set_number(event, X509_PATH_LENGTH, (uint64_t)der_integer(&inner));
}

/* Each one an OID, perhaps a BOOLEAN (critical), and an OCTET STRING. */
static void extensions_tell(struct wire_event *event, struct bytes extensions)
{
    static const uint8_t alternative_name[] = {0x55, 0x1D, 0x11},
                         constraints[] = {0x55, 0x1D, 0x13};
    struct cursor at = cursor_over(extensions, 0), one, oid, value, critical;
    while (der_take(&at, DER_SEQUENCE, &one)) {
        if (!der_take(&one, DER_OID, &oid))
            return;
        der_take(&one, TAG_BOOLEAN, &critical);
        if (!der_take(&one, DER_OCTETS, &value))
            return;
        if (bytes_equal(der_bytes(&oid), bytes_of(alternative_name, sizeof(alternative_name))))
            names_tell(event, &value);
        else if (bytes_equal(der_bytes(&oid), bytes_of(constraints, sizeof(constraints))))
            constraints_tell(event, &value);
    }
}

void x509_tell(struct wire_connection *connection, enum wire_side side, struct bytes bytes,
               const struct x509 *certificate, bool is_first)
{
    struct wire_event *event = wire_event_begin(connection, &x509_log);
    if (!event)
        return;
    char print[X509_PRINT_LENGTH];
    x509_print(bytes, print);
    wire_set_copy(event, X509_FINGERPRINT, bytes_of_text(print));
    wire_set_number(event, X509_VERSION, certificate->version);
    serial_tell(event, certificate->serial);
    wire_set_text(event, X509_SUBJECT, x509_name(event->arena, certificate->subject));
    wire_set_text(event, X509_ISSUER, x509_name(event->arena, certificate->issuer));
    time_tell(event, X509_NOT_BEFORE, certificate->not_before, certificate->before_is_short);
    time_tell(event, X509_NOT_AFTER, certificate->not_after, certificate->after_is_short);
    key_tell(event, certificate);
    extensions_tell(event, certificate->extensions);
    wire_set_bool(event, X509_HOST_CERT, is_first);
    wire_set_bool(event, X509_CLIENT_CERT, side == WIRE_CLIENT);
    wire_set_bool(event, X509_SELF_ISSUED, bytes_equal(certificate->issuer, certificate->subject));
    wire_event_end(connection, event, &connection->now[side], NULL);
}
