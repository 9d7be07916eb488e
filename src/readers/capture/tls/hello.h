/* Client and server hello (RFC 8446 4.1.2, 4.1.3; RFC 5246 7.4.1) as views of the message, and the
 * fingerprints that are made of them. */
#ifndef IMPOUND_READERS_CAPTURE_TLS_HELLO_H
#define IMPOUND_READERS_CAPTURE_TLS_HELLO_H

#include "base/buffer.h"
#include "base/cursor.h"

#define TLS_1_3    0x0304
#define JA3_LENGTH 33U /* with the NUL */
#define JA4_LENGTH 37U

struct tls_hello {
    uint16_t version;    /* of the message itself */
    struct bytes random; /* 32 bytes */
    struct bytes session_id;
    struct bytes ciphers;      /* two bytes each; the server's is one */
    struct bytes extensions;   /* as they stand */
    struct bytes server_name;  /* the first host name */
    struct bytes protocols;    /* ALPN: a length and a name each */
    struct bytes groups;       /* two bytes each */
    struct bytes formats;      /* of points, a byte each */
    struct bytes signatures;   /* two bytes each */
    struct bytes versions;     /* two bytes each; the server's is one */
    uint16_t share;            /* the group of the server's key share; 0: none */
    bool has_name, has_ticket; /* the extension is there; there is a ticket in it */
    bool has_shared_key;
};

/* Numbers that clients send so that servers learn to ignore what they do not know (RFC 8701). */
static inline bool tls_is_grease(uint16_t number)
{
    return (number & 0x0F0F) == 0x0A0A && number >> 8 == (number & 0xFF);
}

/* Reads the body of a hello. False when it breaks its own lengths. */
bool tls_hello_read(struct bytes body, bool is_client, struct tls_hello *hello);

/* Takes the next extension. */
bool tls_extension_next(struct cursor *at, uint16_t *type, struct bytes *value);

/* The first protocol of an ALPN list. */
struct bytes tls_first_protocol(struct bytes protocols);

/* The version that was chosen, or the highest that is offered. */
uint16_t tls_hello_version(const struct tls_hello *hello);

/* JA3 and JA3S (Salesforce): MD5 of the numbers in order, without GREASE. `to` has JA3_LENGTH
 * bytes; empty without memory. */
void tls_ja3(const struct tls_hello *client, struct buffer *scratch, char *to);
void tls_ja3s(const struct tls_hello *server, struct buffer *scratch, char *to);

/* JA4 (FoxIO): a readable part and two of SHA-256, over sorted numbers. `to` has JA4_LENGTH bytes.
 */
void tls_ja4(const struct tls_hello *client, struct buffer *scratch, char *to);

#endif
