/* Talks (tests/unit/capture_smb/lab.h): whole connections, with what was lost. */
#include "lab.h"

#include "readers/capture/ldap/ldap.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    struct lab *lab = lab_new();
    lab_talk(lab, &wire_ldap, bytes_of(data, length), 0);
    lab_talk(lab, &wire_cldap, bytes_of(data, length), 0);
    if (lab->lane.memory != 0)
        abort();
    lab_free(lab);
    return 0;
}
