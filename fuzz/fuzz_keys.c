/* A whole capture, with the keys of the laboratory in tests/samples/keys: what is inside is hostile
 * too. */
#include "../tests/unit/json/harness.h"
#include "secrets/secrets_parts.h"

#include <stdlib.h>

#define INPUT_MAX (1U << 20)

static const uint8_t dc1_key[] = {0x81, 0x70, 0x39, 0x40, 0xD1, 0x2A, 0x44, 0x8F, 0x99, 0x78, 0x67,
                                  0x21, 0x80, 0x23, 0xFE, 0x0F, 0x5F, 0xB3, 0x38, 0xD2, 0x8F, 0x84,
                                  0x09, 0x79, 0x05, 0x03, 0x3C, 0x98, 0x32, 0x3B, 0x93, 0x0A};

static struct secrets *laboratory(void)
{
    static char accounts[] = "Administrator:Adm1n-Lab-2024\nalice:Alice-Pw-2024\n";
    struct secrets *secrets = secrets_new();
    if (!secrets || passwords_parse(secrets, (uint8_t *)accounts, sizeof(accounts) - 1, NULL))
        abort();
    struct secret_key *key = secrets_key_add(secrets);
    if (!key)
        abort();
    *key = (struct secret_key){.realm = bytes_of_text("LAB.EXAMPLE"),
                               .name = bytes_of_text("DC1$"),
                               .components = 1,
                               .etype = 18,
                               .kvno = 1,
                               .key = bytes_of(dc1_key, sizeof(dc1_key))};
    return secrets;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > INPUT_MAX)
        return 0;
    struct secrets *secrets = laboratory();
    struct harness *harness = harness_new(&reader_pcap);
    harness->shared.secrets = secrets;
    const struct reader_format *format = reader_find(bytes_of(data, size), &harness->shared);
    if (format == &reader_pcapng || format == &reader_pcap) {
        harness->format = format;
        harness_run(harness, bytes_of(data, size));
    }
    harness->format = &reader_pcap; /* whose decoder it is */
    harness_free(harness);
    secrets_free(secrets);
    return 0;
}
