/* The cache file of compiled rules: the input is a list of changes to a whole image, each of an
 * offset (4 bytes), how (1 byte) and a number (4 bytes). Its hash is made right again, so that
 * every check behind the hash is met; what is then read must be harmless to match with. An input
 * whose first byte is 0xFF is an image itself. */
#include "rules/compile/image.h"
#include "rules/rules.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

#define KEY         7U
#define CHANGE      9U
#define CHANGES_MAX 4096U

static const char rules_text[] =
    "title: One\nid: 6c1b1c4e-1b1a-4f5e-9a57-0d6d1f3d0001\nname: one\n"
    "logsource: {product: windows, category: process_creation}\n"
    "detection:\n"
    "  a: {Image|endswith: ['\\cmd.exe', '\\sh.exe'], CommandLine|contains|all: [' /c ', "
    "'whoami']}\n"
    "  b: {CommandLine|re: '(net|wmic)\\s+user.*add', IntegrityLevel: High}\n"
    "  c: {User|cased: Bob, ParentImage|fieldref: Image, LogonId: null}\n"
    "  d: ['mimikatz', 'sekurlsa::*pass?ords']\n"
    "  condition: (a or b) and not c or d\n"
    "tags: [attack.t1059]\n---\n"
    "title: Two\nid: 6c1b1c4e-1b1a-4f5e-9a57-0d6d1f3d0002\nname: two\n"
    "logsource: {product: windows, service: security}\n"
    "detection:\n"
    "  a: {EventID: [4624, 4625], IpAddress|cidr: '10.0.0.0/8', LogonType|gte: 3}\n"
    "  condition: a\n---\n"
    "title: Both\nid: 6c1b1c4e-1b1a-4f5e-9a57-0d6d1f3d0003\n"
    "correlation:\n"
    "  type: temporal\n  rules: [one, two]\n  group-by: [User]\n  timespan: 5m\n";

static struct names *fields;
static struct buffer whole; /* the image that is changed */

static void prepare(void)
{
    const struct sigma_options options = {0};
    struct sigma_rules *rules = NULL;
    struct logsource_table *table = NULL;
    struct ruleset *ruleset = NULL;
    struct fault fault;
    fields = fields_new();
    if (!fields || sigma_new(&options, &rules, &fault) != STATUS_OK ||
        sigma_add(rules, "rules.yml", bytes_of_text(rules_text), &fault) != STATUS_OK ||
        sigma_finish(rules, &fault) != STATUS_OK || sigma_count(rules) != 3 ||
        logsource_parse(logsource_builtin(), &table, &fault) != STATUS_OK ||
        ruleset_compile(rules, table, fields, &ruleset, &fault) != STATUS_OK ||
        ruleset_write(ruleset, KEY, &whole, &fault) != STATUS_OK)
        abort();
    ruleset_free(ruleset);
    logsource_free(table);
    sigma_free(rules);
}

static void change(uint8_t *image, const uint8_t *by)
{
    uint8_t *at = image + load_le32(by) % (whole.length - 4);
    uint32_t number = load_le32(by + 5);
    const uint32_t before = load_le32(at);
    switch (by[4] % 4) {
    case 0:
        memcpy(at, &number, sizeof(number));
        return;
    case 1:
        *at = (uint8_t)number;
        return;
    case 2:
        number += before;
        memcpy(at, &number, sizeof(number));
        return;
    default:
        *at ^= (uint8_t)(1U << (number & 7));
    }
}

static void match(const struct ruleset *ruleset)
{
    static const char *const names[] = {"Channel", "EventID",   "Image",         "CommandLine",
                                        "User",    "IpAddress", "NewProcessName"};
    static const char *const texts[][COUNT_OF(names)] = {
        {"Microsoft-Windows-Sysmon/Operational", "1", "C:\\cmd.exe", "cmd /c whoami mimikatz",
         "Bob", "", ""},
        {"Security", "4624", "", "net user x /add", "bob", "10.1.2.3", "C:\\sh.exe"},
    };
    struct matcher *matcher = matcher_new(ruleset);
    struct event_cache *cache = event_cache_new();
    struct value values[COUNT_OF(names)];
    name_id ids[COUNT_OF(names)];
    struct shape shape;
    struct buffer text = {0};
    const uint32_t *fired;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        ids[i] = names_intern(fields, bytes_of_text(names[i]));
    shape_init(&shape, ids, COUNT_OF(names));
    for (size_t which = 0; matcher && cache && which < COUNT_OF(texts); which++) {
        for (size_t i = 0; i < COUNT_OF(names); i++)
            values[i] = (struct value){.type = VALUE_UTF8,
                                       .length = (uint32_t)strlen(texts[which][i]),
                                       .data = (const uint8_t *)texts[which][i]};
        struct event event = {.shape = &shape, .values = values, .cache = cache};
        event_begin(&event);
        matcher_run(matcher, &event, &fired);
        for (uint32_t rule = 0; rule < ruleset_count(ruleset); rule++) {
            matcher_explain(matcher, &event, rule, &text);
            matcher_field(matcher, &event, rule, bytes_of_text("Image"));
            matcher_blind(matcher, rule);
            buffer_reset(&text);
        }
    }
    buffer_release(&text);
    event_cache_free(cache);
    matcher_free(matcher);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    struct fault fault = {0};
    struct ruleset *ruleset = NULL;
    if (!fields)
        prepare();
    const bool is_image = length > 0 && data[0] == 0xFF;
    const size_t image_length = is_image ? length - 1 : whole.length;
    uint8_t *image = malloc(image_length ? image_length : 1);
    if (!image)
        return 0;
    memcpy(image, is_image ? data + 1 : whole.data, image_length);
    for (size_t at = 0; !is_image && at + CHANGE <= length && at < CHANGES_MAX * CHANGE;
         at += CHANGE)
        change(image, data + at);
    if (image_length >= sizeof(struct image_header))
        image_seal(image, image_length, KEY);
    const enum status status = ruleset_read(image, image_length, KEY, fields, &ruleset, &fault);
    if (status != STATUS_OK && fault.reason[0] == '\0')
        abort();
    if (status == STATUS_OK)
        match(ruleset);
    ruleset_free(ruleset);
    return 0;
}
