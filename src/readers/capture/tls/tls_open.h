/* Records of TLS 1.2 and 1.3, opened with the secrets of a key log. Suites with AES in GCM and CBC
 * mode and with ChaCha20. */
#ifndef IMPOUND_READERS_CAPTURE_TLS_OPEN_H
#define IMPOUND_READERS_CAPTURE_TLS_OPEN_H

#include "readers/capture/keys/keys.h"

/* What the hellos said. */
struct tls_agreed {
    uint16_t version, cipher;
    uint8_t random[2][32]; /* by side */
};

/* Held by the connection. */
struct tls_opener;

/* NULL when no key log has this connection, or for a suite that is not opened. */
struct tls_opener *tls_opener_new(struct wire_connection *connection,
                                  const struct tls_agreed *agreed);

/* A record, with the five bytes before its content. */
struct tls_record {
    const uint8_t *header;
    struct bytes content;
};

/* Opens a side's next record into `room`, which has the content's length. False when it does not
 * fit: nothing has changed then. */
bool tls_record_open(struct tls_opener *opener, enum wire_side side,
                     const struct tls_record *record, uint8_t *room, uint8_t *type,
                     struct bytes *plain);

#endif
