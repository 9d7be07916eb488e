/* Certificates (RFC 5280) as Zeek's x509.log. Nothing is verified. */
#ifndef IMPOUND_READERS_CAPTURE_TLS_X509_H
#define IMPOUND_READERS_CAPTURE_TLS_X509_H

#include "readers/capture/wire.h"

#define X509_PRINT_LENGTH 65U /* with the NUL */

struct x509 {
    uint8_t version;
    struct bytes serial;
    struct bytes issuer, subject; /* names, still encoded */
    struct bytes not_before, not_after;
    bool before_is_short, after_is_short;  /* UTCTime */
    struct bytes signature, key_algorithm; /* object identifiers */
    struct bytes key_parameters;           /* with tag and length */
    struct bytes key;
    struct bytes extensions;
};

/* Reads a certificate as views of its bytes. False when it is none. */
bool x509_read(struct bytes bytes, struct x509 *certificate);

/* A name as text in the manner of RFC 4514; in `arena`. */
struct bytes x509_name(struct arena *arena, struct bytes name);

/* SHA-256 in hex; `to` has X509_PRINT_LENGTH bytes; empty when it cannot be made. */
void x509_print(struct bytes bytes, char *to);

/* Tells of a certificate; `is_first` says that it is the one of whoever sent it. */
void x509_tell(struct wire_connection *connection, enum wire_side side, struct bytes bytes,
               const struct x509 *certificate, bool is_first);

#endif
