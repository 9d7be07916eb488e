/* An armoured signature, held against a text that it was not made for; or, without armour, the blob
 * of a key and of a signature: the first byte is the key's length. */
#include "ledger/sshsig.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

static void blobs_try(const uint8_t *data, size_t length)
{
    const size_t key_length = data[0] < length ? data[0] : length - 1;
    const struct bytes signature = bytes_of(data + 1 + key_length, length - 1 - key_length);
    struct ssh_key key;
    struct fault fault = {0};
    const enum status status = ssh_key_read(bytes_of(data + 1, key_length), &key, &fault);
    if (status != STATUS_OK && !fault.reason[0])
        abort();
    if (status == STATUS_OK)
        (void)ssh_key_has_signed(&key, bytes_of_text("message"), signature);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    struct arena arena;
    struct sshsig sshsig;
    struct fault fault = {0};
    arena_init(&arena, 64U << 20);
    const enum status status = sshsig_read(bytes_of(data, length), &arena, &sshsig, &fault);
    if (status != STATUS_OK && !fault.reason[0])
        abort();
    if (status == STATUS_OK && sshsig_holds(&sshsig, bytes_of_text("another text")))
        abort();
    arena_release(&arena);
    if (length)
        blobs_try(data, length);
    return 0;
}
