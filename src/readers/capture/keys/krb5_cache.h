/* What a lane remembers of Kerberos: session keys by their ticket, and keys that were derived of
 * passwords, each a ring whose oldest row goes. Wiped with the lane. */
#ifndef IMPOUND_READERS_CAPTURE_KRB5_CACHE_H
#define IMPOUND_READERS_CAPTURE_KRB5_CACHE_H

#include "readers/capture/keys/keys.h"

#define KRB5_TICKETS_MAX 256U
#define KRB5_DERIVED_MAX 256U
#define KRB5_DERIVE_MOST \
    4096U                    /* in a lane: each costs a millisecond, and evidence names the salt */
#define KRB5_DERIVE_SHA2 16U /* as many of those as one of RFC 8009 costs */

struct krb5_known {
    uint64_t hash;
    struct wire_key key; /* length 0: none */
};

struct krb5_cache {
    struct krb5_known tickets[KRB5_TICKETS_MAX], derived[KRB5_DERIVED_MAX];
    uint32_t tickets_made, derived_made, derivations;
};

/* NULL without memory; made at the first call. */
struct krb5_cache *krb5_cache_of(struct wire_keys *keys);

#endif
