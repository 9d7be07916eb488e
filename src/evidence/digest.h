/* A running hash of the kind that the options ask for. */
#ifndef IMPOUND_EVIDENCE_DIGEST_H
#define IMPOUND_EVIDENCE_DIGEST_H

#include "evidence/evidence.h"

struct digest;

/* NULL without memory. Not for EVIDENCE_HASH_NONE. */
struct digest *digest_new(enum evidence_hash kind);
void digest_free(struct digest *digest);

/* False when libcrypto refuses. */
bool digest_add(struct digest *digest, struct bytes bytes);

/* Ends the hash: nothing may be added behind it. */
bool digest_write(struct digest *digest, char hash[EVIDENCE_HASH_BOUND]);

#endif
