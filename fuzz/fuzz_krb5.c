/* Talks (tests/unit/capture_smb/lab.h): whole connections, with what was lost. */
#include "lab.h"

#include "readers/capture/krb5/krb5.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

static void give(const struct wire_protocol *protocol, struct bytes talk)
{
    struct lab *lab = lab_new();
    lab_talk(lab, protocol, talk, 0);
    if (lab->lane.memory != 0)
        abort();
    lab_free(lab);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    give(&wire_krb_tcp, bytes_of(data, length));
    give(&wire_kpasswd_tcp, bytes_of(data, length));
    return 0;
}
