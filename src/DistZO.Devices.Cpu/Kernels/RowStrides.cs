namespace DistZO.Devices.Cpu;

/// <summary>Packed weights: a row holds one chunk of k.</summary>
internal readonly struct DepthChunkStride : IRowStride
{
    public static int Floats => CpuArithmetic.DepthChunk;
}

/// <summary>Packed values of attention: a row holds one chunk of keys. Also the widest head whose keys can be packed.</summary>
internal readonly struct KeyChunkStride : IRowStride
{
    public static int Floats => CpuArithmetic.KeyChunk;
}

/// <summary>Packed keys of heads of up to 64 features.</summary>
internal readonly struct Head64Stride : IRowStride
{
    public static int Floats => 64;
}

/// <summary>Packed keys of heads of up to 128 features.</summary>
internal readonly struct Head128Stride : IRowStride
{
    public static int Floats => 128;
}
