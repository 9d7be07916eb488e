/* Files of keys: the first byte says of which kind (1 a keytab, 2 a key log, else passwords). */
#include "secrets/secrets_parts.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    if (!length)
        return 0;
    struct secrets *secrets = secrets_new();
    uint8_t *copy = malloc(length); /* exact but for the kind, which is left out */
    if (!secrets || !copy)
        abort();
    memcpy(copy, data + 1, length - 1);
    enum status status = STATUS_OK;
    struct fault fault = {0};
    if (data[0] == 2) {
        tls_keylog_free(tls_keylog_parse(copy, length - 1, &fault));
        copy = NULL;
    } else if (data[0] == 1) {
        status = keytab_parse(secrets, copy, length - 1, &fault);
    } else {
        status = passwords_parse(secrets, copy, length - 1, &fault);
    }
    if (status != STATUS_OK && !fault.reason[0])
        abort();
    secrets_free(secrets);
    free(copy);
    return 0;
}
