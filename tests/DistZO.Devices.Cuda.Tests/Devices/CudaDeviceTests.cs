using DistZO.Devices.Cpu;

namespace DistZO.Devices.Cuda.Tests.Devices;

/// <summary>The device by itself, on the emulated driver.</summary>
[Collection(EmulatorCollection.Name)]
public sealed class CudaDeviceTests
{
    private readonly EmulatorFixture _emulator;

    public CudaDeviceTests(EmulatorFixture emulator)
    {
        _emulator = emulator;
        emulator.RequireAny();
    }

    [SkippableFact]
    public void SelfTest_Passes()
    {
        using var device = Open();
        DeviceSelfTest.Require(device);
        Assert.Equal("cuda-v1", device.Arithmetic);
    }

    [SkippableFact]
    public void Dispose_LeavesNothingBehind()
    {
        _emulator.Require();
        var before = _emulator.Live();
        using (var device = Open())
        {
            DeviceSelfTest.Require(device);
            using var stream = device.CreateStream(new StreamOptions("upload"));
            using var memory = device.Allocate(1 << 20);
            using var parameter = new Parameter("w", [1 << 18], TensorRole.Matrix, 0, trainable: true, WeightType.Float32, device.Allocate(1 << 20));
            using var block = new HostBlock(new BlockLayout("block", [parameter]));
            stream.Upload(block, 0, memory, 0, 1 << 20);
            device.Await(stream.Record());
            stream.Download(memory, 0, block, 0, 1 << 20);
            stream.Record().Synchronize();
            Assert.NotEqual(before, _emulator.Live());
        }

        Assert.Equal(before, _emulator.Live());
    }

    [SkippableFact]
    public void Allocate_OverTheLimit_SaysWhatIsNeeded()
    {
        using var device = CudaDevice.Open(0, () => CpuDevice.Open(1), memoryLimit: 10_000_000);
        using var memory = device.Allocate(8_000_000);
        var problem = Assert.Throws<RunFailedException>(() => device.Allocate(4_000_000));
        Assert.Contains("--device-memory 10 MB is too small", problem.Message);
        Assert.Contains("4.0 MB more are needed", problem.Message);
        Assert.InRange(device.UsedBytes, 8_000_000, 8_000_512);
    }

    [SkippableFact]
    public void Open_OfAGpuThatIsNotThere_NamesHowManyThereAre()
    {
        var problem = Assert.Throws<BadInputException>(() => CudaDevice.Open(70, () => CpuDevice.Open(1)));
        Assert.Contains("there is no cuda:70", problem.Message);
    }

    [SkippableTheory]
    [InlineData(WeightType.Float32)]
    [InlineData(WeightType.BFloat16)]
    [InlineData(WeightType.Float16)]
    public void Fold_OfManyCommits_HasTheBitsOfTheSpecification(WeightType type)
    {
        using var device = Open();
        using var reference = new ReferenceDevice();
        var updates = new UpdateHistory();
        for (var step = 0; step < 9; step++)
            updates.Append(step == 4 ? new WeightUpdate(1f, []) : new WeightUpdate(step % 2 == 0 ? 1f : 0.99f, [new UpdateDirection((ulong)step, 0.02f), new UpdateDirection(77, -0.01f)]));
        var found = Folded(device, updates, type);
        Assert.Equal(Folded(reference, updates, type), found);
    }

    /// <summary>Probes see a table folded to the step of the pass and then rounded, and z added to that.</summary>
    [SkippableTheory]
    [InlineData(WeightType.Float32, TransferType.BFloat16, true)]
    [InlineData(WeightType.Float32, TransferType.Float8, true)]
    [InlineData(WeightType.BFloat16, TransferType.Float8, true)]
    [InlineData(WeightType.Float16, TransferType.Float8, false)]
    public void Lookup_InAPassThatRounds_HasTheBitsOfTheSpecification(WeightType type, TransferType transfer, bool foldsElsewhere)
    {
        using var device = Open();
        using var reference = new ReferenceDevice();
        var updates = new UpdateHistory();
        for (var step = 0; step < 3; step++) updates.Append(new WeightUpdate(0.99f, [new UpdateDirection((ulong)step, 0.02f)]));
        foreach (var isRounded in (bool[])[true, false])
        {
            var expected = Looked(reference, updates, type, transfer, foldsElsewhere, isRounded);
            Assert.Equal(expected, Looked(device, updates, type, transfer, foldsElsewhere, isRounded));
        }

        Assert.NotEqual(Looked(device, updates, type, transfer, foldsElsewhere, true), Looked(device, updates, type, transfer, foldsElsewhere, false));
    }

    /// <summary>A call does not wait for the upload, the kernels do, and for how long shows: what is left of the upload when they come to it.</summary>
    [SkippableFact]
    public void AwaitMeasured_TellsHowLongTheKernelsStandStill()
    {
        const double seconds = 0.5;
        // An idle link lets one turn pass at once.
        const int bytes = 2 * Link.BytesPerTurn;
        using var device = Open();
        using var stream = device.CreateStream(new StreamOptions("upload", new Link(Link.BytesPerTurn / seconds, TimeProvider.System)));
        using var memory = device.Allocate(bytes);
        using var block = new HostBlock("block", bytes, bytes);
        stream.Upload(block, 0, memory, 0, bytes);
        var uploaded = stream.Record();
        var stall = device.AwaitMeasured(uploaded);
        var later = device.AwaitMeasured(uploaded);
        Assert.InRange(stall(), seconds / 2, 100);
        Assert.True(uploaded.IsDone);
        // The kernels come to the second wait when there is nothing left to wait for.
        Assert.InRange(later(), 0, seconds / 2);
    }

    private static string Looked(Device device, UpdateHistory updates, WeightType type, TransferType transfer, bool foldsElsewhere, bool isRounded)
    {
        const int rows = 7, columns = 29;
        var (bytes, _) = Kernels.Tables.Rounded(Kernels.Tables.Values(rows * columns, 4, 0.05f), type);
        using var table = new Parameter("w", [rows, columns], TensorRole.Embedding, 3, trainable: true, type) { Transfer = transfer };
        table.Bind(device.Allocate(bytes.Length));
        device.Upload(bytes, table.Storage, 0);
        using var y = device.CreateActivations(columns);
        var pass = new Pass
        {
            Tokens = new int[4],
            Sequences = [new TokenSequence(0, 4, 0, 0)],
            Probes = [new Probe(5, 1e-2f), new Probe(5, -1e-2f)],
            Updates = updates,
            Step = updates.Count,
            IsRounded = isRounded,
        };
        device.Lookup(pass, table, [6, 0, 3, 3], y, accumulate: false, foldsElsewhere);
        var values = new float[2 * 4 * columns];
        for (var probe = 0; probe < 2; probe++) device.Read(y, probe, values.AsSpan(probe * 4 * columns, 4 * columns));
        return Kernels.Tables.Bits(values);
    }

    private static (UInt128 Digest, string Bytes) Folded(Device device, UpdateHistory updates, WeightType type)
    {
        const int rows = 37, columns = 29;
        var bytes = new byte[rows * columns * type.Size()];
        var floats = new float[rows * columns];
        for (var i = 0; i < floats.Length; i++) floats[i] = Gaussian.At(5, 1, i) * (i % 7 == 0 ? 1e-39f : 0.1f);
        WeightConversion.Convert(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(floats), WeightType.Float32, bytes, type);
        using var parameter = new Parameter("w", [rows, columns], TensorRole.Matrix, 3, trainable: true, type, device.Allocate(bytes.Length));
        device.Upload(bytes, parameter.Storage, 0);
        device.Fold(parameter, updates, 3);
        device.Fold(parameter, updates, updates.Count);
        device.Download(parameter.Storage, 0, bytes);
        return (device.Digest(parameter), Convert.ToHexString(bytes));
    }

    private static CudaDevice Open() => CudaDevice.Open(0, () => CpuDevice.Open(1));
}
