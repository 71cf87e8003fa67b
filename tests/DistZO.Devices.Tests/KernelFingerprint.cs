using System.Runtime.InteropServices;
using System.Security.Cryptography;
using DistZO.Devices.Cpu.Perturbation;
using DistZO.Devices.Cpu.Weights;

namespace DistZO.Devices.Tests;

/// <summary>A hash of everything that the philox-v1 kernels compute from fixed inputs, in the tier that is set.</summary>
internal static unsafe class KernelFingerprint
{
    public static string Compute()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var z = new float[20_011];
        var weights = new byte[z.Length * 4];
        var packed = new byte[z.Length * 2];
        var updates = SampleUpdates.Create(steps: 3, directions: 2);
        fixed (float* pz = z)
        fixed (byte* pw = weights)
        fixed (byte* pp = packed)
        {
            GaussianKernel.Fill(0xFEDCBA9876543210, 17, 5, pz, z.Length);
            hash.AppendData(MemoryMarshal.AsBytes<float>(z));
            foreach (var type in Enum.GetValues<WeightType>())
            {
                SampleWeights.Fill(pw, type, z.Length);
                FoldKernel.Apply(pw, type, 3, decays: true, 1, z.Length - 2, updates);
                hash.AppendData(weights);
                PerturbKernel.One(pw, type, 3, 2, z.Length - 5, 99, 1e-3f, pz);
                hash.AppendData(MemoryMarshal.AsBytes<float>(z));
                PerturbKernel.Plain(pw, type, 0, z.Length, pz);
                hash.AppendData(MemoryMarshal.AsBytes<float>(z));
                foreach (var transfer in Enum.GetValues<TransferType>())
                {
                    TransferKernel.Round(pw, type, transfer, 0, z.Length - 31, pz);
                    hash.AppendData(MemoryMarshal.AsBytes<float>(z.AsSpan(0, z.Length - 31)));
                    Array.Clear(packed);
                    TransferKernel.Pack(pw, type, transfer, z.Length, 0, z.Length, pp);
                    hash.AppendData(packed);
                    TransferKernel.Unpack(pp, transfer, z.Length, 32, z.Length - 63, pz);
                    hash.AppendData(MemoryMarshal.AsBytes<float>(z.AsSpan(0, z.Length - 63)));
                }
            }

            hash.AppendData(MemoryMarshal.AsBytes([DigestKernel.Sum(pw, weights.Length - 3, 7, 5)]));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
