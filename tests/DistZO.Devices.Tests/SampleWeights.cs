namespace DistZO.Devices.Tests;

/// <summary>Weights of every magnitude that a format has, subnormals and the largest finite ones among them; all finite.</summary>
internal static unsafe class SampleWeights
{
    public static void Fill(void* weights, WeightType type, int count)
    {
        var random = new Random(11);
        for (var i = 0; i < count; i++)
        {
            // Half of the values are of ordinary size, half are any finite bit pattern.
            if (type == WeightType.Float32)
            {
                var bits = (uint)random.NextInt64(1L << 32);
                if ((bits & 0x7F800000) == 0x7F800000) bits &= 0xFF7FFFFF;
                ((float*)weights)[i] = (i & 1) == 0 ? (float)(random.NextDouble() - 0.5) : BitConverter.UInt32BitsToSingle(bits);
                continue;
            }

            var infinity = type == WeightType.BFloat16 ? 0x7F80 : 0x7C00;
            var ordinary = (float)(random.NextDouble() - 0.5) * 0.2f;
            var pattern = random.Next(infinity) | random.Next(2) << 15;
            ((ushort*)weights)[i] = (i & 1) != 0 ? (ushort)pattern
                : type == WeightType.BFloat16 ? WeightFormat.ToBFloat16(ordinary) : WeightFormat.ToFloat16(ordinary);
        }
    }
}
