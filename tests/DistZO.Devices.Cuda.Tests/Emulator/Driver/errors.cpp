#include "codes.h"

namespace
{
struct Error
{
    int code;
    const char* name;
    const char* text;
};

constexpr Error errors[] = {
    { Success, "CUDA_SUCCESS", "no error" },
    { InvalidValue, "CUDA_ERROR_INVALID_VALUE", "invalid argument" },
    { OutOfMemory, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory" },
    { NotInitialized, "CUDA_ERROR_NOT_INITIALIZED", "initialization error" },
    { InvalidDevice, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal" },
    { InvalidImage, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid" },
    { InvalidContext, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context" },
    { InvalidHandle, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle" },
    { NotFound, "CUDA_ERROR_NOT_FOUND", "named symbol not found" },
    { NotReady, "CUDA_ERROR_NOT_READY", "device not ready" },
    { IllegalAddress, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered" },
    { PeerAccessAlreadyEnabled, "CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED", "peer access is already enabled" },
    { HostMemoryAlreadyRegistered, "CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED", "part or all of the requested memory range is already mapped" },
    { HostMemoryNotRegistered, "CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED", "pointer does not correspond to a registered memory region" },
    { LaunchFailed, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure" },
};

const Error* find(int code)
{
    for (const Error& error : errors)
        if (error.code == code) return &error;
    return nullptr;
}
}

EXPORT int cuGetErrorName(int code, const char** name)
{
    const Error* error = find(code);
    *name = error ? error->name : nullptr;
    return error ? Success : InvalidValue;
}

EXPORT int cuGetErrorString(int code, const char** text)
{
    const Error* error = find(code);
    *text = error ? error->text : nullptr;
    return error ? Success : InvalidValue;
}
