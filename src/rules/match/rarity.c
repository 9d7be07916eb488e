#include "rules/match/rarity.h"

#include <assert.h>

/* In nearly every value of its kind. */
static const char *const words_everywhere[] = {
    ".exe",
    ".exe\"",
    ".dll",
    "c:\\windows\\system32\\",
    "\\windows\\",
    "c:\\users\\",
    "program files",
    "microsoft",
    "\\device\\harddiskvolume",
    ".exe -",
    "https://",
    "http://",
    "hkey_local_machine\\",
    "hklm\\",
    "\\registry\\machine\\",
    "windows",
    "nt authority\\system",
    "\\software\\",
    "powershell",
    "version",
    "0000",
    "1111",
    "\\\\",
    "    ",
    "----",
    "====",
};

/* Common, though not everywhere. */
static const char *const words_common[] = {
    "\\cmd.exe",
    "\\powershell.exe",
    "\\svchost.exe",
    "\\rundll32.exe",
    "\\wmiprvse.exe",
    "\\services.exe",
    "\\explorer.exe",
    "\\lsass.exe",
    "\\conhost.exe",
    "\\msiexec.exe",
    "\\taskhostw.exe",
    "\\wbem\\",
    "\\schtasks.exe",
    "\\reg.exe",
    "\\net.exe",
    "\\net1.exe",
    "\\sc.exe",
    "\\regsvr32.exe",
    "\\mshta.exe",
    "\\wscript.exe",
    "\\cscript.exe",
    "\\syswow64\\",
    "\\appdata\\local\\temp\\",
    "\\appdata\\roaming\\",
    "\\programdata\\",
    "\\currentversion\\run",
    "currentcontrolset\\services\\",
    "\\system\\controlset001\\",
    "\\internet explorer\\",
    "program files (x86)\\",
    "administrator",
    "system.management.automation",
    "function",
    "parameter",
    "write-host",
    "get-",
    "new-object",
    "system.",
    "invoke-",
    "string",
    "process",
    "service",
    "command",
    "default",
    "security",
    "public",
    "documents",
    "desktop",
    "true",
    "false",
    "null",
    "http",
    "return",
    "object",
    "error",
    "name",
    "value",
    "type",
    " /c ",
    " -c ",
    "c:\\",
    "d:\\",
    ".com",
    ".txt",
    ".log",
    ".tmp",
    ".dat",
    ".ps1",
    ".bat",
    ".vbs",
    "\\bin\\",
    "\\temp\\",
    "host",
    "user",
    "file",
    "path",
    "local",
    "update",
    "install",
    "driver",
    "network",
    "client",
    "server",
    "config",
    "explorer",
    "onedrive",
    "edge",
    "chrome",
    "google",
    "0x00",
    "ffff",
    "1.0.",
    "10.0",
    "the ",
    "and ",
    "ing ",
    "tion",
    " the",
    " and",
    "ment",
};

/* Bytes of folded log text, the frequent ones first. */
static const char letters_by_rank[] =
    "e\\itosrncla dmp.uw0-h1f23bg\"yvx4:6k5879_/()$=,zjq[]{};'<>%&+*#@!|?`~^";

static unsigned gram_place(const uint8_t *gram)
{
    return (load_le32(gram) * 0x9E3779B1U) >> 16;
}

static void words_add(uint64_t *bits, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const size_t length = strlen(words[i]);
        for (size_t at = 0; at + RARITY_GRAM <= length; at++) {
            const unsigned place = gram_place((const uint8_t *)words[i] + at);
            bits[place >> 6] |= UINT64_C(1) << (place & 63);
        }
    }
}

void rarity_init(struct rarity *rarity)
{
    *rarity = (struct rarity){0};
    words_add(rarity->everywhere, words_everywhere,
              sizeof(words_everywhere) / sizeof(words_everywhere[0]));
    words_add(rarity->common, words_common, sizeof(words_common) / sizeof(words_common[0]));
    for (size_t i = 0; i < 256; i++)
        rarity->letters[i] = 0.0002F;
    float share = 0.08F;
    for (const char *letter = letters_by_rank; *letter; letter++) {
        rarity->letters[(uint8_t)*letter] = share;
        share *= 0.93F;
    }
}

static bool has_gram(const uint64_t *bits, const uint8_t *gram)
{
    const unsigned place = gram_place(gram);
    return bits[place >> 6] >> (place & 63) & 1;
}

/* Letters cluster in words: a gram is far more frequent than chance, here by a fixed factor. */
#define CLUSTERING      40.0F
#define RATE_EVERYWHERE 0.02F
#define RATE_COMMON     0.0005F

float rarity_gram(const struct rarity *rarity, const uint8_t *gram, uint32_t width)
{
    if (width == RARITY_GRAM && has_gram(rarity->everywhere, gram))
        return RATE_EVERYWHERE;
    float rate = CLUSTERING;
    for (uint32_t i = 0; i < width; i++)
        rate *= rarity->letters[gram[i]];
    if (width == RARITY_GRAM && rate < RATE_COMMON && has_gram(rarity->common, gram))
        rate = RATE_COMMON;
    return rate < RATE_EVERYWHERE ? rate : RATE_EVERYWHERE;
}

uint32_t rarity_offset(const struct rarity *rarity, struct bytes literal, uint32_t width,
                       uint32_t count, uint32_t step)
{
    assert(width + count - 1 <= literal.length);
    uint32_t best = 0;
    float best_rate = 2;
    for (uint32_t at = 0; at + width + count - 1 <= literal.length; at += step) {
        float rate = 0;
        for (uint32_t i = 0; i < count; i++)
            rate += rarity_gram(rarity, literal.data + at + i, width);
        if (rate < best_rate) {
            best_rate = rate;
            best = at;
        }
    }
    return best;
}

/* The rate of the rarest gram, which bounds that of the literal. */
static float rarest(const struct rarity *rarity, struct bytes literal)
{
    const uint32_t width = literal.length < RARITY_GRAM ? (uint32_t)literal.length : RARITY_GRAM;
    if (width == 0)
        return 1;
    const uint32_t at = rarity_offset(rarity, literal, width, 1, 1);
    return rarity_gram(rarity, literal.data + at, width);
}

float rarity_contains(const struct rarity *rarity, struct bytes literal)
{
    const float rate = rarest(rarity, literal) * 100;
    return rate < 1 ? rate : 1;
}

float rarity_edge(const struct rarity *rarity, struct bytes literal)
{
    const float rate = rarest(rarity, literal) * 60;
    return literal.length < 3 ? 0.3F : rate < 0.4F ? rate : 0.4F;
}

float rarity_equals(const struct rarity *rarity, struct bytes literal)
{
    const float by_length = literal.length < 3    ? 0.2F
                            : literal.length < 6  ? 0.05F
                            : literal.length < 10 ? 0.01F
                                                  : 0.001F;
    const float by_gram = rarest(rarity, literal) * 40;
    return by_gram > by_length && by_gram < 0.5F ? by_gram : by_length;
}
