/* The parts of a DNS message: header, names, questions, records; and their texts. */
#ifndef IMPOUND_READERS_CAPTURE_DNS_MESSAGE_H
#define IMPOUND_READERS_CAPTURE_DNS_MESSAGE_H

#include "base/buffer.h"
#include "base/bytes.h"

#define DNS_HEADER   12U
#define DNS_NAME_MAX 255U
#define DNS_REPLY    0x8000U /* flags */
#define DNS_AA       0x0400U
#define DNS_TC       0x0200U
#define DNS_RD       0x0100U
#define DNS_RA       0x0080U

/* A name without compression: a length and a label each, without the last 0. */
struct dns_name {
    uint8_t length;
    uint8_t data[DNS_NAME_MAX];
};

struct dns_message {
    struct bytes bytes;
    uint16_t id, flags;
    uint16_t questions, answers, authorities, additionals;
};

struct dns_question {
    struct dns_name name;
    uint16_t type, class;
};

struct dns_record {
    struct dns_name name;
    uint16_t type, class;
    uint32_t ttl;
    size_t data; /* offset in the message */
    uint16_t length;
};

/* Reads the header. False when there is none. */
bool dns_message_read(struct bytes bytes, struct dns_message *message);

/* Read what stands at *offset and step past it. False when it is not all there or breaks the
 * rules; the name is then not to be used. */
bool dns_name_read(struct bytes message, size_t *offset, struct dns_name *name);
bool dns_question_read(const struct dns_message *message, size_t *offset,
                       struct dns_question *question);
bool dns_record_read(const struct dns_message *message, size_t *offset, struct dns_record *record);

/* The name with dots; bytes that are no printable ASCII as \xNN. */
void dns_name_add(struct buffer *to, const struct dns_name *name);

/* The name that a NetBIOS name stands for, and its 16th byte (RFC 1001 14.1). False when it is
 * none. */
bool dns_netbios_add(struct buffer *to, const struct dns_name *name, uint8_t *suffix);

/* What a record says, as Zeek's `answers`. */
void dns_record_add(struct buffer *to, const struct dns_message *message,
                    const struct dns_record *record, bool is_netbios);

#endif
