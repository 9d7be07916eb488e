/* Talks (tests/unit/capture_smb/lab.h): the tokens of authentications. */
#include "auth_talk.h"
#include "lab.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    struct lab *lab = lab_new();
    lab_talk(lab, &auth_talk, bytes_of(data, length), 0);
    if (lab->lane.memory != 0)
        abort();
    lab_free(lab);
    return 0;
}
