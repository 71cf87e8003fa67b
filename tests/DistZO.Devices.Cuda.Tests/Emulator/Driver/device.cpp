// Devices, contexts and what is known about them.
#include "options.h"
#include "streams.h"

#include <cstdio>
#include <cstring>

namespace
{
bool started = false;
std::mutex& gate = *new std::mutex;
struct Retained
{
    std::shared_ptr<Context> context;
    int count = 0;
};
std::map<int, Retained>& primary = *new std::map<int, Retained>;
std::map<std::pair<int, int>, bool>& peers = *new std::map<std::pair<int, int>, bool>;
thread_local Handle current = 0;

bool isDevice(int device) { return device >= 0 && device < deviceCount(); }

int copyText(char* to, int length, const char* text)
{
    if (length <= 0) return InvalidValue;
    std::snprintf(to, (std::size_t)length, "%s", text);
    return Success;
}
}

Handles<Context>& contexts = *new Handles<Context>;

int liveContexts() { return contexts.count(); }

std::shared_ptr<Context> currentContext() { return current ? contexts.find(current) : nullptr; }

EXPORT int cuInit(unsigned flags)
{
    if (flags) return InvalidValue;
    started = true;
    return Success;
}

EXPORT int cuDriverGetVersion(int* version)
{
    *version = 12040;
    return Success;
}

EXPORT int cuDeviceGetCount(int* count)
{
    if (!started) return NotInitialized;
    *count = deviceCount();
    return Success;
}

EXPORT int cuDeviceGet(int* device, int ordinal)
{
    if (!started) return NotInitialized;
    if (!isDevice(ordinal)) return InvalidDevice;
    *device = ordinal;
    return Success;
}

EXPORT int cuDeviceGetName(char* name, int length, int device) { return isDevice(device) ? copyText(name, length, "Emulated GPU") : InvalidDevice; }

EXPORT int cuDeviceGetPCIBusId(char* id, int length, int device)
{
    if (!isDevice(device)) return InvalidDevice;
    char text[32];
    std::snprintf(text, sizeof(text), "0000:%02X:00.0", device + 1);
    return copyText(id, length, text);
}

EXPORT int cuDeviceGetUuid(unsigned char* uuid, int device)
{
    if (!isDevice(device)) return InvalidDevice;
    std::memset(uuid, 0xE0 + device, 16);
    return Success;
}

EXPORT int cuDeviceGetUuid_v2(unsigned char* uuid, int device) { return cuDeviceGetUuid(uuid, device); }

EXPORT int cuDeviceTotalMem_v2(std::size_t* bytes, int device)
{
    if (!isDevice(device)) return InvalidDevice;
    *bytes = deviceMemory();
    return Success;
}

EXPORT int cuDeviceGetAttribute(int* value, int attribute, int device)
{
    if (!isDevice(device)) return InvalidDevice;
    switch (attribute)
    {
    case 1: *value = 1024; break;                     // MAX_THREADS_PER_BLOCK
    case 8: *value = 48 << 10; break;                 // MAX_SHARED_MEMORY_PER_BLOCK
    case 10: *value = 32; break;                      // WARP_SIZE
    case 13: *value = 1000000; break;                 // CLOCK_RATE, kHz
    case 16: *value = 4; break;                       // MULTIPROCESSOR_COUNT
    case 31: *value = 1; break;                       // CONCURRENT_KERNELS
    case 36: *value = 1000000; break;                 // MEMORY_CLOCK_RATE
    case 37: *value = 512; break;                     // GLOBAL_MEMORY_BUS_WIDTH
    case 38: *value = 4 << 20; break;                 // L2_CACHE_SIZE
    case 40: *value = 2; break;                       // ASYNC_ENGINE_COUNT
    case 41: *value = 1; break;                       // UNIFIED_ADDRESSING
    case 75: *value = deviceCapability() / 10; break; // COMPUTE_CAPABILITY_MAJOR
    case 76: *value = deviceCapability() % 10; break; // COMPUTE_CAPABILITY_MINOR
    case 97: *value = 227 << 10; break;               // MAX_SHARED_MEMORY_PER_BLOCK_OPTIN
    case 115: *value = 1; break;                      // MEMORY_POOLS_SUPPORTED
    default: *value = 0; break;
    }

    return attribute > 0 && attribute < 200 ? Success : InvalidValue;
}

EXPORT int cuDevicePrimaryCtxRetain(Handle* context, int device)
{
    static std::map<int, Handle>& handles = *new std::map<int, Handle>;
    if (!started) return NotInitialized;
    if (!isDevice(device)) return InvalidDevice;
    std::lock_guard<std::mutex> lock(gate);
    Retained& retained = primary[device];
    if (retained.count++ == 0)
    {
        retained.context = std::make_shared<Context>();
        retained.context->device = device;
        handles[device] = contexts.add(retained.context);
    }

    *context = handles[device];
    return Success;
}

// The last release ends the context: what still runs on it is waited for.
EXPORT int cuDevicePrimaryCtxRelease_v2(int device)
{
    std::shared_ptr<Context> ended;
    {
        std::lock_guard<std::mutex> lock(gate);
        auto at = primary.find(device);
        if (at == primary.end() || at->second.count == 0) return InvalidContext;
        if (--at->second.count > 0) return Success;
        ended = at->second.context;
        at->second.context = nullptr;
        for (auto pair = peers.begin(); pair != peers.end();) pair = pair->first.first == device ? peers.erase(pair) : std::next(pair);
    }

    synchronizeAll(device);
    contexts.removeObject(ended);
    return Success;
}

EXPORT int cuCtxSetCurrent(Handle context)
{
    if (context && !contexts.find(context)) return InvalidContext;
    current = context;
    return Success;
}

EXPORT int cuCtxGetCurrent(Handle* context)
{
    *context = current;
    return Success;
}

EXPORT int cuCtxGetDevice(int* device)
{
    std::shared_ptr<Context> context = currentContext();
    if (!context) return InvalidContext;
    *device = context->device;
    return Success;
}

EXPORT int cuCtxSynchronize()
{
    std::shared_ptr<Context> context = currentContext();
    if (!context) return InvalidContext;
    synchronizeAll(context->device);
    return stickyError();
}

EXPORT int cuDeviceCanAccessPeer(int* can, int device, int peer)
{
    if (!isDevice(device) || !isDevice(peer)) return InvalidDevice;
    *can = device != peer;
    return Success;
}

// PERFORMANCE_RANK, ACCESS_SUPPORTED, NATIVE_ATOMIC_SUPPORTED, CUDA_ARRAY_ACCESS_SUPPORTED
EXPORT int cuDeviceGetP2PAttribute(int* value, int attribute, int from, int to)
{
    if (!isDevice(from) || !isDevice(to) || from == to) return InvalidDevice;
    if (attribute < 1 || attribute > 4) return InvalidValue;
    *value = 1;
    return Success;
}

EXPORT int cuCtxEnablePeerAccess(Handle peer, unsigned)
{
    std::shared_ptr<Context> context = currentContext(), other = contexts.find(peer);
    if (!context || !other || context == other) return InvalidContext;
    std::lock_guard<std::mutex> lock(gate);
    bool& enabled = peers[{ context->device, other->device }];
    if (enabled) return PeerAccessAlreadyEnabled;
    enabled = true;
    return Success;
}
