/* A PKCS #11 module in front of SoftHSM that counts wrong PINs, logs calls and
 * injects faults, for tests. See proxy.go for what it can be told. */

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long ulong_t;

#define OK 0x00UL
#define GENERAL_ERROR 0x05UL
#define DEVICE_REMOVED 0x32UL
#define MECHANISM_INVALID 0x70UL
#define PIN_INCORRECT 0xa0UL
#define PIN_LOCKED 0xa4UL
#define TOKEN_NOT_PRESENT 0xe0UL

#define FLAG_PIN_PAD 0x100UL
#define FLAG_LOW 0x10000UL
#define FLAG_FINAL 0x20000UL
#define FLAG_LOCKED 0x40000UL
#define MAX_WRONG 15

struct token_info {
	char label[32], maker[32], model[16], serial[16];
	ulong_t flags, sizes[10];
	unsigned char versions[4];
	char time[16];
};

struct session_info {
	ulong_t slot, state, flags, error;
};

struct attribute {
	ulong_t type;
	void *value;
	ulong_t length;
};

struct mechanism {
	ulong_t mechanism;
	void *parameter;
	ulong_t length;
};

/* CK_FUNCTION_LIST: a version, then the functions in the order of pkcs11f.h */
struct list {
	unsigned char version[2];
	void *f[68];
};

enum {
	INITIALIZE = 0, FINALIZE = 1, GET_INFO = 2, GET_FUNCTION_LIST = 3,
	GET_SLOT_LIST = 4, GET_SLOT_INFO = 5, GET_TOKEN_INFO = 6,
	OPEN_SESSION = 12, CLOSE_SESSION = 13, GET_SESSION_INFO = 15, LOGIN = 18,
	GET_ATTRIBUTE_VALUE = 24, FIND_OBJECTS_INIT = 26, FIND_OBJECTS = 27,
	FIND_OBJECTS_FINAL = 28, SIGN_INIT = 42, SIGN = 43, FUNCTIONS = 68
};

typedef ulong_t (*fn_ptr)(void *);
typedef ulong_t (*fn_slots)(unsigned char, ulong_t *, ulong_t *);
typedef ulong_t (*fn_token)(ulong_t, struct token_info *);
typedef ulong_t (*fn_open)(ulong_t, ulong_t, void *, void *, ulong_t *);
typedef ulong_t (*fn_close)(ulong_t);
typedef ulong_t (*fn_session)(ulong_t, struct session_info *);
typedef ulong_t (*fn_login)(ulong_t, ulong_t, char *, ulong_t);
typedef ulong_t (*fn_three)(ulong_t, void *, ulong_t);
typedef ulong_t (*fn_attribute)(ulong_t, ulong_t, void *, ulong_t);
typedef ulong_t (*fn_objects)(ulong_t, ulong_t *, ulong_t, ulong_t *);
typedef ulong_t (*fn_slot)(ulong_t, void *);
typedef ulong_t (*fn_sign)(ulong_t, unsigned char *, ulong_t, unsigned char *, ulong_t *);

static struct list real, ours;
static char faults[512];
static int gone;

static const char *setting(const char *name)
{
	const char *value = getenv(name);
	return value ? value : "";
}

static int fault(const char *name)
{
	char wanted[128];
	snprintf(wanted, sizeof wanted, ",%s,", name);
	return strstr(faults, wanted) != NULL;
}

/* fault_code is the number after "name=", or OK. */
static ulong_t fault_code(const char *name)
{
	char wanted[128];
	const char *at;
	snprintf(wanted, sizeof wanted, ",%s=", name);
	at = strstr(faults, wanted);
	return at ? strtoul(at + strlen(wanted), NULL, 0) : OK;
}

static ulong_t record(const char *call, const char *what, ulong_t value, ulong_t rv)
{
	char after[128];
	FILE *f = fopen(setting("CTLINSPECT_PROXY_LOG"), "a");
	if (f) {
		fprintf(f, "%s %s=%lu rv=0x%lx\n", call, what, value, rv);
		fclose(f);
	}
	snprintf(after, sizeof after, "gone-after=%s", call);
	if (rv == OK && fault(after))
		gone = 1;
	return rv;
}

/* hang makes a file that says so and waits for the one of Proxy.Release. */
static void hang(void)
{
	char path[4096];
	FILE *f;
	snprintf(path, sizeof path, "%s/hanging", setting("CTLINSPECT_PROXY_STATE"));
	f = fopen(path, "w");
	if (f)
		fclose(f);
	snprintf(path, sizeof path, "%s/release", setting("CTLINSPECT_PROXY_STATE"));
	while (access(path, F_OK) != 0)
		usleep(1000);
}

static int fault_in(const char *kind, const char *call)
{
	char wanted[128];
	snprintf(wanted, sizeof wanted, "%s=%s", kind, call);
	return fault(wanted);
}

/* Far more than there can be of anything. */
#define TOO_MANY (1UL << 40)

static int lies(const char *call) { return fault_in("lie", call); }

/* trouble crashes, hangs, or returns what the call is to fail with. */
static ulong_t trouble(const char *call)
{
	if (fault_in("crash", call))
		*(volatile int *)8 = 0;
	if (fault_in("exit", call))
		_exit(0);
	if (fault_in("hang", call))
		hang();
	return fault_in("error", call) ? GENERAL_ERROR : OK;
}

static void counter_path(struct token_info *t, char *path, size_t size)
{
	char serial[17] = "";
	int n = 16;
	memcpy(serial, t->serial, 16);
	while (n > 0 && (serial[n - 1] == ' ' || serial[n - 1] == 0))
		serial[--n] = 0;
	snprintf(path, size, "%s/%s", setting("CTLINSPECT_PROXY_STATE"), serial);
}

static int wrong(struct token_info *t)
{
	char path[4096];
	int n = 0;
	FILE *f;
	counter_path(t, path, sizeof path);
	f = fopen(path, "r");
	if (f) {
		if (fscanf(f, "%d", &n) != 1)
			n = 0;
		fclose(f);
	}
	return n;
}

static void set_wrong(struct token_info *t, int n)
{
	char path[4096];
	FILE *f;
	counter_path(t, path, sizeof path);
	f = fopen(path, "w");
	if (f) {
		fprintf(f, "%d\n", n);
		fclose(f);
	}
}

static void pad_with_nul(char *text, int size)
{
	while (size > 0 && text[size - 1] == ' ')
		text[--size] = 0;
}

static void read_faults(void)
{
	snprintf(faults, sizeof faults, "%s", setting("CTLINSPECT_PROXY_FAULT"));
}

static ulong_t initialize(void *args)
{
	ulong_t code;
	read_faults();
	gone = 0;
	code = trouble("C_Initialize");
	if (code == OK)
		code = fault_code("initialize");
	if (code == OK && !lies("C_Initialize"))
		code = ((fn_ptr)real.f[INITIALIZE])(args);
	return record("C_Initialize", "fault", fault_code("initialize"), code);
}

static ulong_t finalize(void *reserved)
{
	ulong_t code = trouble("C_Finalize");
	if (code != OK || lies("C_Finalize"))
		return code;
	return ((fn_ptr)real.f[FINALIZE])(reserved);
}

static ulong_t get_info(void *info)
{
	ulong_t code = trouble("C_GetInfo");
	if (code == OK)
		code = ((fn_ptr)real.f[GET_INFO])(info);
	if (code == OK && lies("C_GetInfo"))
		memset(info, 0xff, 80);
	return code;
}

static ulong_t get_slot_list(unsigned char present, ulong_t *slots, ulong_t *count)
{
	ulong_t code = trouble("C_GetSlotList");
	if (code != OK)
		return code;
	if (gone) {
		*count = 0;
		return OK;
	}
	code = ((fn_slots)real.f[GET_SLOT_LIST])(present, slots, count);
	if (code == OK && lies("C_GetSlotList"))
		*count = TOO_MANY;
	if (code == OK && fault_in("many", "C_GetSlotList"))
		*count = 1UL << 27;
	return code;
}

static ulong_t get_slot_info(ulong_t slot, void *info)
{
	ulong_t code = trouble("C_GetSlotInfo");
	if (code == OK)
		code = ((fn_slot)real.f[GET_SLOT_INFO])(slot, info);
	if (code == OK && lies("C_GetSlotInfo"))
		memset(info, 0xff, 96);
	return code;
}

static ulong_t get_token_info(ulong_t slot, struct token_info *t)
{
	ulong_t rv = trouble("C_GetTokenInfo");
	int n;
	if (rv != OK)
		return rv;
	if (gone)
		return TOKEN_NOT_PRESENT;
	rv = ((fn_token)real.f[GET_TOKEN_INFO])(slot, t);
	if (rv != OK)
		return rv;
	n = wrong(t);
	t->flags &= ~(FLAG_LOW | FLAG_FINAL | FLAG_LOCKED);
	t->flags |= n > 0 ? FLAG_LOW : 0;
	t->flags |= n == MAX_WRONG - 1 ? FLAG_FINAL : 0;
	t->flags |= n >= MAX_WRONG ? FLAG_LOCKED : 0;
	t->flags |= fault("pin-pad") ? FLAG_PIN_PAD : 0;
	if (fault("no-flags"))
		t->flags = 0;
	if (fault("nul-label")) {
		pad_with_nul(t->label, 32);
		pad_with_nul(t->maker, 32);
		pad_with_nul(t->model, 16);
		pad_with_nul(t->serial, 16);
	}
	if (lies("C_GetTokenInfo"))
		memset(t, 0xff, sizeof *t);
	return record("C_GetTokenInfo", "slot", slot, rv);
}

static ulong_t open_session(ulong_t slot, ulong_t flags, void *app, void *notify, ulong_t *s)
{
	ulong_t rv = trouble("C_OpenSession");
	if (rv != OK)
		return rv;
	if (gone)
		return TOKEN_NOT_PRESENT;
	if (lies("C_OpenSession"))
		*s = 0xdead;
	else
		rv = ((fn_open)real.f[OPEN_SESSION])(slot, flags, app, notify, s);
	return record("C_OpenSession", "flags", flags, rv);
}

static ulong_t close_session(ulong_t s)
{
	ulong_t rv = trouble("C_CloseSession");
	if (rv == OK && !lies("C_CloseSession"))
		rv = ((fn_close)real.f[CLOSE_SESSION])(s);
	return record("C_CloseSession", "session", s, rv);
}

static ulong_t forward_login(ulong_t s, ulong_t user, char *pin, ulong_t length)
{
	if (fault("pin-pad")) {
		if (pin != NULL)
			return GENERAL_ERROR;
		pin = (char *)setting("CTLINSPECT_PROXY_PAD_PIN");
		length = strlen(pin);
	}
	return ((fn_login)real.f[LOGIN])(s, user, pin, length);
}

static ulong_t login(ulong_t s, ulong_t user, char *pin, ulong_t length)
{
	struct session_info si;
	struct token_info t;
	ulong_t rv;
	if (gone)
		return record("C_Login", "user", user, DEVICE_REMOVED);
	if (fault_in("crash", "C_Login") || fault_in("exit", "C_Login") || fault_in("hang", "C_Login"))
		record("C_Login", "user", user, OK); /* a try that never returns is one */
	rv = trouble("C_Login");
	if (rv != OK || lies("C_Login"))
		return record("C_Login", "user", user, rv);
	if (((fn_session)real.f[GET_SESSION_INFO])(s, &si) != OK ||
	    ((fn_token)real.f[GET_TOKEN_INFO])(si.slot, &t) != OK)
		return record("C_Login", "user", user, GENERAL_ERROR);
	if (wrong(&t) >= MAX_WRONG)
		return record("C_Login", "user", user, PIN_LOCKED);
	rv = forward_login(s, user, pin, length);
	if (rv == PIN_INCORRECT)
		set_wrong(&t, wrong(&t) + 1);
	if (rv == OK)
		set_wrong(&t, 0);
	return record("C_Login", "user", user, rv);
}

static ulong_t get_attribute_value(ulong_t s, ulong_t o, void *a, ulong_t n)
{
	ulong_t rv = trouble("C_GetAttributeValue");
	if (rv != OK)
		return rv;
	if (lies("C_GetAttributeValue")) {
		((struct attribute *)a)->length = TOO_MANY;
		return OK;
	}
	return gone ? DEVICE_REMOVED : ((fn_attribute)real.f[GET_ATTRIBUTE_VALUE])(s, o, a, n);
}

static ulong_t find_objects_init(ulong_t s, void *a, ulong_t n)
{
	ulong_t rv = trouble("C_FindObjectsInit");
	if (rv != OK || lies("C_FindObjectsInit"))
		return rv;
	return gone ? DEVICE_REMOVED : ((fn_three)real.f[FIND_OBJECTS_INIT])(s, a, n);
}

static ulong_t find_objects(ulong_t s, ulong_t *objects, ulong_t max, ulong_t *count)
{
	ulong_t rv = trouble("C_FindObjects");
	if (rv != OK)
		return rv;
	rv = ((fn_objects)real.f[FIND_OBJECTS])(s, objects, max, count);
	if (rv == OK && lies("C_FindObjects"))
		*count = TOO_MANY;
	if (rv == OK && fault_in("many", "C_FindObjects"))
		*count = max; /* each time */
	return rv;
}

static ulong_t find_objects_final(ulong_t s)
{
	ulong_t rv = trouble("C_FindObjectsFinal");
	if (rv != OK || lies("C_FindObjectsFinal"))
		return rv;
	return ((fn_close)real.f[FIND_OBJECTS_FINAL])(s);
}

static ulong_t sign_init(ulong_t s, void *mechanism, ulong_t key)
{
	ulong_t m = ((struct mechanism *)mechanism)->mechanism;
	ulong_t rv = trouble("C_SignInit");
	if (rv != OK || lies("C_SignInit"))
		return rv;
	if (gone)
		rv = DEVICE_REMOVED;
	else if (fault("no-mechanism") || (m == 1 && fault("no-raw-rsa")))
		rv = MECHANISM_INVALID;
	else
		rv = ((fn_three)real.f[SIGN_INIT])(s, mechanism, key);
	return record("C_SignInit", "mechanism", m, rv);
}

static ulong_t sign(ulong_t s, unsigned char *data, ulong_t size, unsigned char *out, ulong_t *count)
{
	ulong_t rv = gone ? DEVICE_REMOVED : fault_code("sign");
	if (rv == OK)
		rv = trouble("C_Sign");
	if (rv != OK)
		return record("C_Sign", "size", size, rv);
	if (lies("C_Sign")) {
		*count = TOO_MANY;
		return OK;
	}
	rv = ((fn_sign)real.f[SIGN])(s, data, size, out, count);
	if (rv == OK && out && *count > 0 && fault("wrong-signature"))
		out[*count - 1] ^= 1;
	return rv;
}

ulong_t C_GetFunctionList(struct list **list);

static int load(void)
{
	ulong_t (*get)(struct list **);
	struct list *theirs;
	void *handle = dlopen(setting("CTLINSPECT_PROXY_MODULE"), RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return 0;
	get = (ulong_t (*)(struct list **))dlsym(handle, "C_GetFunctionList");
	if (!get || get(&theirs) != OK)
		return 0;
	real = ours = *theirs;
	return 1;
}

ulong_t C_GetFunctionList(struct list **list)
{
	int i;
	read_faults();
	if (trouble("C_GetFunctionList") != OK || !load())
		return GENERAL_ERROR;
	if (lies("C_GetFunctionList")) {
		for (i = 0; i < FUNCTIONS; i++)
			ours.f[i] = (void *)8;
		*list = &ours;
		return OK;
	}
	ours.f[INITIALIZE] = initialize;
	ours.f[FINALIZE] = finalize;
	ours.f[GET_FUNCTION_LIST] = C_GetFunctionList;
	ours.f[GET_INFO] = get_info;
	ours.f[GET_SLOT_LIST] = get_slot_list;
	ours.f[GET_SLOT_INFO] = get_slot_info;
	ours.f[GET_TOKEN_INFO] = get_token_info;
	ours.f[OPEN_SESSION] = open_session;
	ours.f[CLOSE_SESSION] = close_session;
	ours.f[LOGIN] = login;
	ours.f[GET_ATTRIBUTE_VALUE] = get_attribute_value;
	ours.f[FIND_OBJECTS_INIT] = find_objects_init;
	ours.f[FIND_OBJECTS] = find_objects;
	ours.f[FIND_OBJECTS_FINAL] = find_objects_final;
	ours.f[SIGN_INIT] = sign_init;
	ours.f[SIGN] = sign;
	*list = &ours;
	return OK;
}
