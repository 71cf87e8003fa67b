using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>Layers in slices on all slots need several of these, and a fabric between them; what runs and what plans refuse the same.</summary>
public static class SlotSharing
{
    /// <summary>Refuses a tier that the slots cannot be.</summary>
    /// <param name="tier">What the user wants.</param>
    /// <param name="slots">How many there are.</param>
    /// <param name="hasFabric">Whether they reach each other.</param>
    /// <param name="count">The flag that gives more slots.</param>
    /// <param name="fabric">What to do for a fabric.</param>
    /// <exception cref="BadInputException">One slot alone has nobody to share with, or none reaches another.</exception>
    public static void Require(OffloadTier? tier, int slots, bool hasFabric, string count = "--slots", string fabric = "add fabric to the topology")
    {
        if (tier != OffloadTier.Shard) return;
        if (slots == 1) throw new BadInputException($"offload: shard keeps layers in slices on several slots; give {count} 2 or more, or use --offload host");
        if (!hasFabric) throw new BadInputException($"offload: shard gathers layers over a fabric, and there is none; {fabric}, or use --offload host");
    }
}
