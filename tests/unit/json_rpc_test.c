/* Which method a body calls, and which bodies call none. */
#include "check.h"
#include "trace/json_rpc.h"

static const struct {
    const char *body, *method;
} cases[] = {
    {"{\"jsonrpc\":\"2.0\",\"method\":\"user.get\",\"params\":{\"id\":7},\"id\":1}", "user.get"},
    {" {\n \"jsonrpc\" : \"2.0\" , \"id\":1, \"method\" : \"eth_call\" }", "eth_call"},
    {"{\"params\":[\"}\\\"{\", {\"method\":\"inner\"}],\"method\":\"outer\",\"jsonrpc\":\"2.0\"}",
        "outer"},
    {"[{\"jsonrpc\":\"2.0\",\"method\":\"first\"},{\"jsonrpc\":\"2.0\",\"method\":\"second\"}]",
        "first"},
    {"{\"method\":\"getinfo\",\"params\":[],\"id\":\"curl\"}", "getinfo"},
    {"{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\",\"params\":{\"name\":\"anna", "tools/call"},
    {"{\"id\":1,\"method\":\"cut\",\"params\":[1,2", "cut"},
    {"{\"method\":\"card\",\"amount\":5}", ""},
    {"{\"method\":\"card\",\"id\":5}", ""},
    {"{\"jsonrpc\":\"2.0\",\"method\":\"anna@example.org\"}", ""},
    {"{\"jsonrpc\":\"2.0\",\"method\":\"17\"}", ""},
    {"{\"jsonrpc\":\"2.0\",\"method\":{\"method\":\"inner\"}}", ""},
    {"{\"jsonrpc\":\"2.0\",\"method\":\"not ended", ""},
    {"{\"jsonrpc\":\"2.0\",\"params\":{\"method\":\"inner\"}}", ""},
    {"{\"jsonrpc\":\"2.0\"", ""},
    {"\"jsonrpc\"", ""},
    {"{", ""},
    {"[[[[", ""},
    {"}]", ""},
    {"", ""},
};

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes method = json_rpc_method(bytes_of(cases[i].body));
        CHECK(bytes_equal(method, bytes_of(cases[i].method)));
        if (!bytes_equal(method, bytes_of(cases[i].method)))
            fprintf(stderr, "    %s\n", cases[i].body);
        for (size_t n = 0; n < strlen(cases[i].body); n++) { /* all that a sanitizer can see */
            struct bytes cut = json_rpc_method((struct bytes){cases[i].body, n});
            CHECK(!cut.len || bytes_equal(cut, bytes_of(cases[i].method)));
        }
    }
    return check_result();
}
