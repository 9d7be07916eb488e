#include "readers/capture/dns/message.h"

#include "event/value.h"

#define LABEL_MAX       63U
#define NETBIOS_ENCODED 32U
#define TYPE_NB         32U
#define TYPE_NBSTAT     33U

/* id(2) flags(2) and four counts (RFC 1035 4.1.1) */
bool dns_message_read(struct bytes bytes, struct dns_message *message)
{
    const uint8_t *at = bytes.data;
    if (bytes.length < DNS_HEADER)
        return false;
    *message = (struct dns_message){
        .bytes = bytes,
        .id = load_be16(at),
        .flags = load_be16(at + 2),
        .questions = load_be16(at + 4),
        .answers = load_be16(at + 6),
        .authorities = load_be16(at + 8),
        .additionals = load_be16(at + 10),
    };
    return true;
}

/* Labels of up to 63 bytes, and pointers to what stood before (RFC 1035 4.1.4): each has to lead
 * further back, so that they come to an end. */
bool dns_name_read(struct bytes message, size_t *offset, struct dns_name *name)
{
    size_t at = *offset, lowest = *offset, behind = 0;
    name->length = 0;
    for (;;) {
        if (at >= message.length)
            return false;
        const uint8_t length = message.data[at];
        if (length == 0)
            break;
        if (length >= 0xC0) {
            if (message.length - at < 2)
                return false;
            const size_t target = load_be16(message.data + at) & 0x3FFFU;
            if (target >= lowest)
                return false;
            behind = behind ? behind : at + 2;
            at = lowest = target;
            continue;
        }
        if (length > LABEL_MAX || message.length - at <= length ||
            (size_t)name->length + 1 + length > DNS_NAME_MAX)
            return false;
        memcpy(name->data + name->length, message.data + at, 1U + length);
        name->length = (uint8_t)(name->length + 1 + length);
        at += 1U + length;
    }
    *offset = behind ? behind : at + 1;
    return true;
}

bool dns_question_read(const struct dns_message *message, size_t *offset,
                       struct dns_question *question)
{
    size_t at = *offset;
    if (!dns_name_read(message->bytes, &at, &question->name) || message->bytes.length - at < 4)
        return false;
    question->type = load_be16(message->bytes.data + at);
    question->class = load_be16(message->bytes.data + at + 2);
    *offset = at + 4;
    return true;
}

/* name, type(2) class(2) ttl(4) length(2) data (RFC 1035 4.1.3) */
bool dns_record_read(const struct dns_message *message, size_t *offset, struct dns_record *record)
{
    size_t at = *offset;
    if (!dns_name_read(message->bytes, &at, &record->name) || message->bytes.length - at < 10)
        return false;
    const uint8_t *fields = message->bytes.data + at;
    record->type = load_be16(fields);
    record->class = load_be16(fields + 2);
    record->ttl = load_be32(fields + 4);
    record->length = load_be16(fields + 8);
    record->data = at + 10;
    if (message->bytes.length - record->data < record->length)
        return false;
    *offset = record->data + record->length;
    return true;
}

/* --- Texts --- */

static void text_add(struct buffer *to, struct bytes text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] > 0x20 && text.data[i] < 0x7F)
            buffer_byte(to, text.data[i]);
        else
            buffer_format(to, "\\x%02x", text.data[i]);
    }
}

void dns_name_add(struct buffer *to, const struct dns_name *name)
{
    for (size_t at = 0; at < name->length; at += 1U + name->data[at]) {
        if (at)
            buffer_byte(to, '.');
        text_add(to, bytes_of(name->data + at + 1, name->data[at]));
    }
}

/* Two letters from A on for each byte of a name of 16 that is filled up with blanks; the rest of
 * the labels is the scope. */
bool dns_netbios_add(struct buffer *to, const struct dns_name *name, uint8_t *suffix)
{
    uint8_t text[NETBIOS_ENCODED / 2];
    if (name->length < 1 + NETBIOS_ENCODED || name->data[0] != NETBIOS_ENCODED)
        return false;
    for (size_t i = 0; i < sizeof(text); i++) {
        const unsigned high = name->data[1 + 2 * i] - (unsigned)'A';
        const unsigned low = name->data[2 + 2 * i] - (unsigned)'A';
        if (high > 15 || low > 15)
            return false;
        text[i] = (uint8_t)(high << 4 | low);
    }
    size_t length = sizeof(text) - 1;
    *suffix = text[length];
    while (length && (text[length - 1] == ' ' || text[length - 1] == 0))
        length--;
    text_add(to, bytes_of(text, length));
    return true;
}

static void address_add(struct buffer *to, struct bytes data)
{
    const struct value value = {.type = data.length == 4 ? VALUE_IP4 : VALUE_IP6,
                                .length = (uint32_t)data.length,
                                .data = data.data};
    value_append(to, &value);
}

static void name_at_add(struct buffer *to, const struct dns_message *message, size_t offset)
{
    struct dns_name name;
    if (dns_name_read(message->bytes, &offset, &name))
        dns_name_add(to, &name);
}

/* Strings with their length before them (RFC 1035 3.3.14). */
static void strings_add(struct buffer *to, const char *kind, struct bytes data)
{
    size_t at = 0;
    while (at < data.length) {
        const size_t left = data.length - at - 1;
        const size_t length = data.data[at] < left ? data.data[at] : left;
        buffer_format(to, "%s%s %zu ", at ? " " : "", kind, length);
        buffer_bytes(to, data.data + at + 1, length);
        at += 1 + length;
    }
}

/* NB: flags(2) and address(4), repeated (RFC 1002 4.2.13). */
static void netbios_addresses_add(struct buffer *to, struct bytes data)
{
    for (size_t at = 0; at + 6 <= data.length; at += 6) {
        if (at)
            buffer_byte(to, ' ');
        address_add(to, bytes_of(data.data + at + 2, 4));
    }
}

/* NBSTAT: a count, then name(15) suffix(1) flags(2) each (RFC 1002 4.2.18). */
static void netbios_status_add(struct buffer *to, struct bytes data)
{
    const unsigned count = data.length ? data.data[0] : 0;
    for (unsigned i = 0; i < count && 1 + (i + 1) * 18U <= data.length; i++) {
        const uint8_t *name = data.data + 1 + (size_t)i * 18;
        size_t length = 15;
        while (length && (name[length - 1] == ' ' || name[length - 1] == 0))
            length--;
        if (i)
            buffer_byte(to, ' ');
        text_add(to, bytes_of(name, length));
        buffer_format(to, "<%02x>", name[15]);
    }
}

static bool address_fits(const struct dns_record *record)
{
    return record->length == (record->type == 1 ? 4 : 16);
}

void dns_record_add(struct buffer *to, const struct dns_message *message,
                    const struct dns_record *record, bool is_netbios)
{
    const struct bytes data = bytes_of(message->bytes.data + record->data, record->length);
    if (is_netbios && record->type == TYPE_NB) {
        netbios_addresses_add(to, data);
        return;
    }
    if (is_netbios && record->type == TYPE_NBSTAT) {
        netbios_status_add(to, data);
        return;
    }
    switch (record->type) {
    case 1:  /* A */
    case 28: /* AAAA */
        if (address_fits(record))
            address_add(to, data);
        break;
    case 2:  /* NS */
    case 5:  /* CNAME */
    case 6:  /* SOA: the primary server */
    case 12: /* PTR */
    case 39: /* DNAME */
        name_at_add(to, message, record->data);
        break;
    case 15: /* MX: preference(2) */
        name_at_add(to, message, record->data + 2);
        break;
    case 33: /* SRV: priority(2) weight(2) port(2) */
        name_at_add(to, message, record->data + 6);
        break;
    case 16:
        strings_add(to, "TXT", data);
        break;
    case 99:
        strings_add(to, "SPF", data);
        break;
    default:
        buffer_format(to, "<unknown type=%u>", record->type);
        break;
    }
}
