using DistZO.Devices;

namespace DistZO.Models;

/// <summary>Takes bytes of a tensor, from a byte of it on.</summary>
internal delegate void TensorSink(long offset, ReadOnlySpan<byte> bytes);

/// <summary>Writes all bytes of a tensor to where it goes.</summary>
internal delegate void TensorSource(TensorSpec tensor, TensorSink write);

/// <summary>Makes a model of tensors that stay on the device and of blocks that come and go.</summary>
internal static class ModelAssembly
{
    /// <summary>Builds it; whatever was made is freed when something fails.</summary>
    /// <param name="device">Where it is computed.</param>
    /// <param name="part">What it is made of, and what of it is trained.</param>
    /// <param name="types">The number format of each tensor.</param>
    /// <param name="initial">What added tensors start from.</param>
    /// <param name="offloading">What does not stay on the device; null for nothing.</param>
    /// <param name="source">Gives the base weights; not asked for those of a block that is stored already.</param>
    public static Model Build(
        Device device,
        ModelPart part,
        IReadOnlyDictionary<string, WeightType> types,
        InitialValues initial,
        Offloading? offloading,
        TensorSource source)
    {
        var made = new Stack<IDisposable>();
        try
        {
            var ordinals = part.Tensors.Select((tensor, i) => (tensor.Name, i)).ToDictionary();
            var parameters = new Dictionary<string, Parameter>();
            var (streamed, kept) = (new List<StreamedBlock>(), new List<StreamedBlock>());
            var blocks = part.Architecture.Blocks.ToList();
            for (var number = 0; number < blocks.Count; number++)
            {
                var streams = offloading?.Layers.Contains(number - 1) ?? false;
                var own = blocks[number].Tensors.Select(spec => (spec, parameter: Make(spec))).ToList();
                foreach (var (spec, parameter) in own) parameters.Add(spec.Name, parameter);
                if (!streams && offloading is not { StoresAll: true })
                {
                    foreach (var (spec, parameter) in own) Load(spec, parameter);
                }
                else if (own.Count > 0)
                {
                    var layout = new BlockLayout(blocks[number].Name, own.Select(entry => entry.parameter));
                    var stored = offloading!.Open(number, layout);
                    made.Push(stored);
                    if (stored.Version is null) Store(layout, stored, own.ToDictionary(entry => entry.parameter, entry => entry.spec));
                    (streams ? streamed : kept).Add(new StreamedBlock(layout, stored));
                }
            }

            var visits = streamed.Count > 0 ? Stream(streamed) : null;
            if (visits is not null) made.Push(visits);
            var shelf = kept.Count > 0 ? new KeptBlocks(device, kept, offloading!) : null;
            if (shelf is not null) made.Push(shelf);
            return new Model(device, part, [.. part.Tensors.Select(spec => parameters[spec.Name])], initial, visits, shelf);

            Parameter Make(TensorSpec spec)
            {
                var parameter = new Parameter(spec.Name, spec.Shape, spec.Role, ordinals[spec.Name], part.IsTrained(spec), types[spec.Name]);
                made.Push(parameter);
                return parameter;
            }
        }
        catch
        {
            foreach (var one in made) one.Dispose();
            throw;
        }

        void Load(TensorSpec spec, Parameter parameter)
        {
            parameter.Bind(device.Allocate(BlockLayout.BytesOf(parameter)));
            source(spec, (offset, bytes) => device.Upload(bytes, parameter.Storage, offset));
        }

        void Store(BlockLayout layout, StoredBlock stored, Dictionary<Parameter, TensorSpec> specs)
        {
            foreach (var (parameter, start) in layout.Entries) source(specs[parameter], (offset, bytes) => stored.Write(start + offset, bytes));
            stored.Commit(default);
        }

        BlockStream Stream(List<StreamedBlock> streamed)
        {
            var meter = new TransferMeter(offloading!.Trace);
            var (upload, writeBack) = (new StreamOptions("upload", offloading.UploadLink, meter), new StreamOptions("write-back", offloading.WriteBackLink, meter));
            return new BlockStream(device, streamed, offloading.Buffers, Policy(), upload, writeBack);

            WriteBackPolicy Policy()
            {
                if (offloading.WriteBackSteps is { } steps) return new FixedWriteBack(steps);
                var trained = streamed.SelectMany(block => block.Layout.Entries).Select(entry => entry.Parameter).Where(parameter => parameter.Trainable).ToList();
                var fold = trained.Count == 0 ? 0 : PerturbationSpeed.Measure(device, trained.Sum(parameter => parameter.Length), trained[0].Type, offloading.Time);
                return new MeasuredWriteBack(meter, upload.Name, writeBack.Name, offloading.SharesLink, fold, offloading.Time);
            }
        }
    }
}
