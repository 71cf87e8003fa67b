#include "options.h"

#include "codes.h"

#include <cstdlib>
#include <map>
#include <mutex>
#include <string>

namespace
{
std::mutex& gate = *new std::mutex;
std::map<std::string, std::string>& set = *new std::map<std::string, std::string>;

unsigned long long read(const char* name, unsigned long long otherwise)
{
    std::lock_guard<std::mutex> lock(gate);
    auto at = set.find(name);
    const char* text = at != set.end() ? at->second.c_str() : std::getenv(name);
    return text && *text ? std::strtoull(text, nullptr, 10) : otherwise;
}
}

int deviceCount() { return (int)read("DISTZO_EMULATOR_DEVICES", 1); }
unsigned long long deviceMemory() { return read("DISTZO_EMULATOR_MEMORY", 2ULL << 30); }
int deviceCapability() { return (int)read("DISTZO_EMULATOR_CAPABILITY", 90); }
unsigned long long delaySeed() { return read("DISTZO_EMULATOR_DELAY", 0); }

// Sets one of the variables for this process; null: as the environment has it.
EXPORT void distzo_emulator_set(const char* name, const char* value)
{
    std::lock_guard<std::mutex> lock(gate);
    if (value) set[name] = value;
    else set.erase(name);
}
