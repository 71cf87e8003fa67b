using DistZO.Devices;
using DistZO.Devices.Cpu;
using DistZO.Optimization;

namespace DistZO.Cli.Commands;

/// <summary>Opens the CPU for a command.</summary>
internal static class CpuDevices
{
    /// <summary>On as many threads as the recipe says, or one a core.</summary>
    public static Device Open(Recipe recipe) => CpuDevice.Open(recipe.Get(RecipeKeys.Threads) ?? Environment.ProcessorCount);
}
