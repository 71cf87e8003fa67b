using DistZO.Devices;
using DistZO.Devices.Cpu;
using DistZO.Optimization;
using DistZO.Training;

namespace DistZO.Cli.Commands;

/// <summary>Opens the CPU for a command.</summary>
internal static class CpuDevices
{
    /// <summary>On as many threads as the recipe says, or one a core.</summary>
    public static Device Open(Recipe recipe) => CpuDevice.Open(recipe.Get(RecipeKeys.Threads) ?? Environment.ProcessorCount);

    /// <summary>One of the slots that the recipe wants, with its part of the threads.</summary>
    public static Device OpenSlot(Recipe recipe) =>
        CpuDevice.Open(Math.Max(1, (recipe.Get(RecipeKeys.Threads) ?? Environment.ProcessorCount) / SlotTopology.Of(recipe).Slots));
}
