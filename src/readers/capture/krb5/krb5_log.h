/* The `kerberos` log: Zeek's fields, and what tells one client from another. */
#ifndef IMPOUND_READERS_CAPTURE_KRB5_LOG_H
#define IMPOUND_READERS_CAPTURE_KRB5_LOG_H

#include "readers/capture/keys/krb5_key.h"
#include "readers/capture/krb5/krb5_message.h"
#include "readers/capture/wire.h"

struct krb5_told {
    const struct krb5_message *request;
    const struct krb5_message *reply; /* NULL: none was seen */
    const struct krb5_inside *inside; /* of the request's ticket; NULL: no keys were given */
    enum wire_verdict verdict;        /* on those keys */
    const char *carrier;              /* of an AP-REQ; NULL: the KDC protocol */
    size_t names; /* bytes of the client's realm and name, as an AS-REP showed them; 0: not known */
    struct wire_place at, to;
};

void krb5_tell(struct wire_connection *connection, const struct krb5_told *told);

#endif
