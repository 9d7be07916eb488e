/* An allowed-signers file; each key that it has must be found again. */
#include "ledger/signers.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

static void tell(void *context, enum ledger_trouble trouble, uint32_t line, const char *reason)
{
    (void)context;
    if (trouble == LEDGER_UNVERIFIED || line == 0 || !reason[0])
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    const struct signers_listener listener = {tell, NULL};
    struct signers signers;
    struct arena arena;
    struct fault fault = {0};
    arena_init(&arena, 64U << 20);
    if (signers_read(bytes_of(data, length), &arena, &listener, &signers, &fault) != STATUS_OK)
        signers.count = 0;
    for (uint32_t i = 0; i < signers.count; i++) {
        const struct signer *signer = &signers.items[i];
        const struct signing signing = {.key = &signer->key,
                                        .name_space = bytes_of_text("impound-engagement"),
                                        .first = signer->after,
                                        .last = signer->before};
        const struct signer *found = signers_find(&signers, &signing, &fault);
        if (!found && !signer->namespaces.data && instant_is_known(signer->after) &&
            instant_is_known(signer->before))
            abort();
    }
    arena_release(&arena);
    return 0;
}
