/* Messages that a security context has sealed or signed: opened with its session key, their
 * signatures checked. NTLM ([MS-NLMP] 3.4.3, 3.4.4) in seal_ntlm.c, Kerberos (RFC 4121, RFC 4757)
 * in seal_krb5.c. */
#ifndef IMPOUND_READERS_CAPTURE_SEAL_H
#define IMPOUND_READERS_CAPTURE_SEAL_H

#include "readers/capture/keys/keys.h"

/* One context, held by its connection. */
struct wire_seal;

/* NULL without memory, or when contexts of this kind are not opened. */
struct wire_seal *wire_seal_new(struct wire_connection *connection,
                                const struct wire_secret *secret);

/* A message and what is sealed in it, in place: the whole is signed, [from, from + length) of it is
 * encrypted too. */
struct wire_sealed {
    uint8_t *message; /* without the token */
    size_t whole;
    size_t from, length;
    struct bytes token; /* its signature, as DCE/RPC has it behind the message */
};

/* Opens it in place. False when the key does not fit; the message is destroyed then. */
bool wire_seal_open(struct wire_seal *seal, enum wire_side side, const struct wire_sealed *sealed);

/* The contents of a message that is wrapped with its token, as SASL has it (RFC 4752), in place in
 * `wrapped`. `*plain` is a part of it. */
bool wire_seal_unwrap(struct wire_seal *seal, enum wire_side side, uint8_t *wrapped, size_t length,
                      struct bytes *plain);

#endif
