using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>Chooses how GPUs bring slices together: by NCCL, or by copies.</summary>
internal static class CudaGathers
{
    /// <summary>Measures both ways, if both are possible and the user does not say which.</summary>
    /// <param name="devices">By slot.</param>
    /// <param name="wanted">What the user wants; null for what is faster.</param>
    /// <param name="notice">Told what was chosen and why.</param>
    /// <returns>NCCL's; null for copies. Owned by the caller.</returns>
    /// <exception cref="BadInputException">NCCL is wanted and missing, or slots share a GPU.</exception>
    /// <exception cref="RunFailedException">NCCL is wanted and fails.</exception>
    public static NcclCollective? Open(IReadOnlyList<CudaDevice> devices, GatherKind? wanted, Action<string> notice)
    {
        var ordinals = devices.Select(device => device.Context.Device.Ordinal).ToArray();
        if (wanted == GatherKind.Copy || ordinals.Distinct().Count() < Math.Max(2, ordinals.Length))
        {
            if (wanted != GatherKind.Nccl) return null;
            throw new BadInputException("gather: nccl is for slots on GPUs of their own, and here some share one; use as many --slots as there are GPUs, or auto");
        }

        if (wanted == GatherKind.Nccl) NativeLibraries.Require(NativeLibraries.Collectives, "use --gather copy");
        else if (NativeLibraries.Locate(NativeLibraries.Collectives) is null) return Copies("NCCL is not installed");
        NcclCollective opened;
        try
        {
            opened = NcclCollective.Open([.. devices.Select(device => device.Context)]);
        }
        catch (RunFailedException e) when (wanted is null)
        {
            return Copies(e.Message);
        }

        try
        {
            if (wanted == GatherKind.Nccl)
            {
                notice($"slices are gathered by NCCL {NcclCollective.Version}");
                return opened;
            }

            var rates = GatherRates.Measure(ordinals, opened);
            var (nccl, copies) = ($"by NCCL {NcclCollective.Version} {rates.Nccl / 1e9:N1} GB/s", $"by copies {rates.Copies / 1e9:N1} GB/s");
            if (rates.PrefersNccl)
            {
                notice($"slices are gathered {nccl} into each GPU ({copies})");
                return opened;
            }

            notice($"slices are gathered {copies} into each GPU ({nccl})");
        }
        catch
        {
            opened.Dispose();
            throw;
        }

        opened.Dispose();
        return null;

        NcclCollective? Copies(string why)
        {
            notice($"slices are gathered by copies between GPUs: {why}");
            return null;
        }
    }
}
