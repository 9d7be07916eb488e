/* The table of log sources: how it is read, and what ours says. */
#include "rules/sigma/logsource.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct logsource_table *read_table(const char *text)
{
    struct logsource_table *table = NULL;
    struct fault fault = {0};
    if (logsource_parse(bytes_of_text(text), &table, &fault) != STATUS_OK)
        fail_msg("%d: %s", (int)fault.offset, fault.reason);
    return table;
}

static struct logsource_table *builtin(void)
{
    struct logsource_table *table = NULL;
    struct fault fault = {0};
    if (logsource_parse(logsource_builtin(), &table, &fault) != STATUS_OK)
        fail_msg("%d: %s", (int)fault.offset, fault.reason);
    return table;
}

static const struct logsource_alternative *find(const struct logsource_table *table,
                                                const char *category, const char *product,
                                                const char *service, uint32_t expected)
{
    uint32_t count;
    const struct sigma_logsource logsource = {category, product, service};
    const struct logsource_alternative *found = logsource_find(table, &logsource, &count);
    assert_int_equal(count, expected);
    assert_int_equal(found != NULL, expected > 0);
    return found;
}

static const char table_text[] =
    "logsources:\n"
    "  - product: windows\n    service: sysmon\n    conditions: {Channel: Sysmon}\n    audit: a\n"
    "  - product: windows\n    service: security\n    conditions: {Channel: [Security, Sec*]}\n"
    "  - product: windows\n    category: process_creation\n    any:\n"
    "      - service: sysmon\n        conditions: {EventID: 1}\n"
    "      - service: security\n        conditions: {EventID: 4688}\n        audit: b\n"
    "        fields: {Image: NewProcessName}\n"
    "        values: {Level: {High: [x, y]}, Image: {p: q}}\n"
    "  - product: linux\n    category: process_creation\n    conditions: {Source: audit}\n";

static void an_alternative_has_the_conditions_of_its_service_too(void **state)
{
    (void)state;
    struct logsource_table *table = read_table(table_text);
    const struct logsource_alternative *found = find(table, "process_creation", "windows", NULL, 2);
    assert_int_equal(found[1].condition_count, 2);
    assert_string_equal(found[1].conditions[0].field, "Channel");
    assert_int_equal(found[1].conditions[0].count, 2);
    assert_string_equal(found[1].conditions[0].values[1], "Sec*");
    assert_string_equal(found[1].conditions[1].field, "EventID");
    assert_string_equal(found[1].conditions[1].values[0], "4688");
    assert_string_equal(found[0].audit, "a");
    assert_string_equal(found[1].audit, "b");
    logsource_free(table);
}

static void a_translation_names_fields_and_values(void **state)
{
    (void)state;
    struct logsource_table *table = read_table(table_text);
    const struct logsource_alternative *found =
        find(table, "process_creation", "windows", NULL, 2) + 1;
    assert_int_equal(found->translation_count, 2);
    assert_string_equal(found->translations[0].rule_field, "Image");
    assert_string_equal(found->translations[0].event_field, "NewProcessName");
    assert_string_equal(found->translations[0].values[0].event_value, "q");
    assert_string_equal(found->translations[1].rule_field, "Level");
    assert_string_equal(found->translations[1].event_field, "Level");
    assert_int_equal(found->translations[1].value_count, 2);
    assert_string_equal(found->translations[1].values[1].rule_value, "High");
    assert_string_equal(found->translations[1].values[1].event_value, "y");
    logsource_free(table);
}

static void a_rule_gets_what_fits_all_that_it_names(void **state)
{
    (void)state;
    struct logsource_table *table = read_table(table_text);
    find(table, "process_creation", NULL, NULL, 3);
    find(table, "process_creation", "linux", NULL, 1);
    find(table, "process_creation", "windows", "security", 1);
    find(table, "PROCESS_CREATION", "Windows", "Security", 1);
    find(table, "process_creation", "linux", "security", 0);
    find(table, NULL, NULL, "security", 1);
    find(table, NULL, "windows", NULL, 0);
    find(table, "dns_query", "windows", NULL, 0);
    find(table, NULL, NULL, NULL, 0);
    logsource_free(table);
}

static void a_wrong_table_is_refused_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned line;
        const char *reason;
    } wrong[] = {
        {"", 1, "empty"},
        {"- a\n", 1, "a map is expected"},
        {"logsources: x\n", 1, "must be a list"},
        {"logsources:\n  - {service: s}\n", 2, "product is missing"},
        {"logsources:\n  - {product: p, channel: c}\n", 2, "there is no key channel"},
        {"logsources:\n  - {product: p}\n  - {product: P}\n", 3, "there already"},
        {"logsources:\n  - {product: p, conditions: [a]}\n", 2, "conditions must be a map"},
        {"logsources:\n  - {product: p, conditions: {a: {}}}\n", 2, "must be a text or a number"},
        {"logsources:\n  - {product: p, conditions: {a: []}}\n", 2, "a list without values"},
        {"logsources:\n  - product: p\n    any:\n      - {service: s}\n", 4, "nowhere further up"},
        {"logsources:\n  - {product: p, any: [{fields: {a: [b]}}]}\n", 2, "must be a text"},
        {"logsources:\n  - {product: p, any: [], conditions: {a: b}}\n", 2, "any must be a list"},
        {"logsources: [\n", 2, "not YAML"},
    };
    for (unsigned i = 0; i < COUNT_OF(wrong); i++) {
        struct logsource_table *table = NULL;
        struct fault fault = {0};
        assert_int_equal(logsource_parse(bytes_of_text(wrong[i].text), &table, &fault),
                         STATUS_INVALID);
        if (fault.offset != wrong[i].line || !strstr(fault.reason, wrong[i].reason))
            fail_msg("%u: %u: %s", i, (unsigned)fault.offset, fault.reason);
    }
}

static void our_table_knows_the_sources_of_public_windows_rules(void **state)
{
    (void)state;
    static const char *const categories[] = {
        "process_creation",   "process_access",    "process_tampering", "create_remote_thread",
        "raw_access_thread",  "driver_load",       "image_load",        "network_connection",
        "dns_query",          "pipe_created",      "registry_event",    "registry_add",
        "registry_delete",    "registry_set",      "file_event",        "file_change",
        "file_delete",        "file_access",       "file_rename",       "file_executable_detected",
        "create_stream_hash", "wmi_event",         "sysmon_status",     "sysmon_error",
        "ps_module",          "ps_script",         "ps_classic_start",  "ps_classic_provider_start",
        "ps_classic_script",  "clipboard_capture", "antivirus"};
    static const char *const services[] = {"application",
                                           "applocker",
                                           "appmodel-runtime",
                                           "appxdeployment-server",
                                           "appxpackaging-om",
                                           "bits-client",
                                           "capi2",
                                           "certificateservicesclient-lifecycle-system",
                                           "codeintegrity-operational",
                                           "diagnosis-scripted",
                                           "dns-client",
                                           "dns-server",
                                           "dns-server-analytic",
                                           "driver-framework",
                                           "firewall-as",
                                           "iis-configuration",
                                           "ldap",
                                           "lsa-server",
                                           "microsoft-servicebus-client",
                                           "msexchange-management",
                                           "ntlm",
                                           "openssh",
                                           "powershell",
                                           "powershell-classic",
                                           "printservice-admin",
                                           "printservice-operational",
                                           "security",
                                           "security-mitigations",
                                           "shell-core",
                                           "smbclient-connectivity",
                                           "smbclient-security",
                                           "smbserver-connectivity",
                                           "sysmon",
                                           "system",
                                           "taskscheduler",
                                           "terminalservices-localsessionmanager",
                                           "windefend",
                                           "wmi"};
    struct logsource_table *table = builtin();
    uint32_t count;
    for (unsigned i = 0; i < COUNT_OF(categories); i++) {
        const struct sigma_logsource logsource = {.category = categories[i], .product = "windows"};
        if (!logsource_find(table, &logsource, &count))
            fail_msg("%s", categories[i]);
    }
    for (unsigned i = 0; i < COUNT_OF(services); i++) {
        const struct sigma_logsource logsource = {.product = "windows", .service = services[i]};
        if (!logsource_find(table, &logsource, &count))
            fail_msg("%s", services[i]);
        assert_int_equal(count, 1);
        assert_string_equal(logsource_find(table, &logsource, &count)->conditions[0].field,
                            "Channel");
    }
    logsource_free(table);
}

static void our_process_creation_is_sysmon_1_and_security_4688(void **state)
{
    (void)state;
    struct logsource_table *table = builtin();
    const struct logsource_alternative *found = find(table, "process_creation", "windows", NULL, 2);
    assert_string_equal(found[0].conditions[0].values[0], "Microsoft-Windows-Sysmon/Operational");
    assert_string_equal(found[0].conditions[1].values[0], "1");
    assert_string_equal(found[1].conditions[0].values[0], "Security");
    assert_string_equal(found[1].conditions[1].values[0], "4688");
    assert_string_equal(found[1].translations[0].rule_field, "Image");
    assert_string_equal(found[1].translations[0].event_field, "NewProcessName");
    assert_non_null(found[1].audit);
    find(table, NULL, "windows", NULL, 1);
    find(table, "antivirus", NULL, NULL, 1);
    find(table, "process_creation", "linux", NULL, 0);
    logsource_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_alternative_has_the_conditions_of_its_service_too),
        cmocka_unit_test(a_translation_names_fields_and_values),
        cmocka_unit_test(a_rule_gets_what_fits_all_that_it_names),
        cmocka_unit_test(a_wrong_table_is_refused_with_its_line),
        cmocka_unit_test(our_table_knows_the_sources_of_public_windows_rules),
        cmocka_unit_test(our_process_creation_is_sysmon_1_and_security_4688),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
