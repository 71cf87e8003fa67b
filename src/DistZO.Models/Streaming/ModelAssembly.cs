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
    /// <param name="transfer">What tensors are rounded to where a pass rounds; null for nothing.</param>
    /// <param name="initial">What added tensors start from.</param>
    /// <param name="offloading">What does not stay on the device; null for nothing.</param>
    /// <param name="source">Gives the base weights; not asked for those of a block that is stored already.</param>
    public static Model Build(
        Device device,
        ModelPart part,
        IReadOnlyDictionary<string, WeightType> types,
        TransferType? transfer,
        InitialValues initial,
        Offloading? offloading,
        TensorSource source)
    {
        var made = new Stack<IDisposable>();
        try
        {
            var ordinals = part.Tensors.Select((tensor, i) => (tensor.Name, i)).ToDictionary();
            var specs = part.Tensors.ToDictionary(tensor => tensor.Name);
            var parameters = new Dictionary<string, Parameter>();
            var (layouts, streams) = (new List<BlockLayout>(), new List<bool>());
            foreach (var (number, block) in part.Architecture.Blocks.Index())
            {
                var isStreamed = offloading?.Layers.Contains(number - 1) ?? false;
                // Also of one that stays and is stored, so that its files are the same whichever stay.
                var parts = isStreamed || offloading is { StoresAll: true } ? block.Parts : [];
                // A block's tensors have their ordinals in another order than that of its visits.
                foreach (var tensor in block.Tensors) parameters.Add(tensor.Name, Make(tensor));
                foreach (var one in parts.Where(one => one.Tensors.Count > 0))
                {
                    layouts.Add(new BlockLayout(one.Name, one.Tensors.Select(tensor => parameters[tensor.Name])));
                    streams.Add(isStreamed);
                }

                if (parts.Count > 0) continue;
                foreach (var tensor in block.Tensors) Load(parameters[tensor.Name], tensor);
            }

            if (layouts.Count == 0) return new Model(device, part, InOrder(), initial);
            var store = Keep(offloading is { IsSharded: true, Slot: { Slot: 0 } first } ? first.Group.Shard(layouts) : offloading!.Open(layouts, initial));
            var blocks = layouts.Zip(store.Blocks, Store).ToList();
            var streamed = blocks.Where((_, i) => streams[i]).ToList();
            // How far they are folded shows before they are visited.
            foreach (var block in streamed) block.Depart();
            var kept = blocks.Where((_, i) => !streams[i]).ToList();
            var visits = streamed.Count > 0 ? Keep(Stream(streamed)) : null;
            return new Model(device, part, InOrder(), initial, visits, kept.Count > 0 ? Keep(new KeptBlocks(device, kept, offloading)) : null, store);

            List<Parameter> InOrder() => [.. part.Tensors.Select(spec => parameters[spec.Name])];

            StreamedBlock Store(BlockLayout layout, StoredBlock stored)
            {
                if (stored.Version is not null) return new StreamedBlock(layout, stored);
                var fill = new BlockFill(stored);
                foreach (var (parameter, start) in layout.Entries) source(specs[parameter.Name], (offset, bytes) => fill.Write(start + offset, bytes));
                fill.Finish();
                return new StreamedBlock(layout, stored);
            }

            Parameter Make(TensorSpec spec) =>
                Keep(new Parameter(spec.Name, spec.Shape, spec.Role, ordinals[spec.Name], part.IsTrained(spec), types[spec.Name])
                {
                    Transfer = TransferTypes.Of(transfer, spec.Role, spec.IsAdded, types[spec.Name]),
                });
        }
        catch
        {
            foreach (var one in made) one.Dispose();
            throw;
        }

        T Keep<T>(T one)
            where T : IDisposable
        {
            made.Push(one);
            return one;
        }

        void Load(Parameter parameter, TensorSpec spec)
        {
            parameter.Bind(device.Allocate(BlockLayout.BytesOf(parameter)));
            source(spec, (offset, bytes) => device.Upload(bytes, parameter.Storage, offset));
        }

        IBlockVisits Stream(List<StreamedBlock> streamed)
        {
            var (meter, slot) = (new TransferMeter(offloading!.Trace), offloading.Slot);
            var track = slot?.Group.TrackOf(slot.Slot);
            // Where the host folds it is its reading and writing that write-back has to fit in with.
            var foldsOnHost = slot is { Group.FoldsOnHost: true };
            var sink = foldsOnHost ? offloading.Trace : meter;
            var (upload, writeBack) = (
                new StreamOptions($"{track}upload", offloading.UploadLink, sink), new StreamOptions($"{track}write-back", offloading.WriteBackLink, sink));
            var policy = Policy();
            var path = new BlockPath(device, streamed, offloading.Buffers, upload, writeBack, Forms());
            return slot is null ? new BlockStream(path, streamed, policy) : new SlotVisits(slot.Group, slot.Slot, path, streamed, policy, offloading.Trace, meter);

            BlockForms Forms() => !foldsOnHost ? BlockForms.Whole : slot!.Slot == 0 ? BlockForms.Either : BlockForms.Packed;

            WriteBackPolicy Policy()
            {
                // The first slot's decides for all.
                if (offloading.WriteBackSteps is { } steps) return new FixedWriteBack(steps);
                if (slot is { Slot: > 0 } or { Group.Slicing: SlotSlicing.Sharded }) return new FixedWriteBack(1);
                if (foldsOnHost && streamed.All(block => block.Stored is HostBlock)) return new FixedWriteBack(1);
                var trained = streamed.SelectMany(block => block.Layout.Entries).Select(entry => entry.Parameter).Where(parameter => parameter.Trainable).ToList();
                using var host = foldsOnHost ? device.OpenExact() : null;
                var fold = trained.Count == 0 ? 0 : PerturbationSpeed.Measure(host ?? device, trained.Sum(parameter => parameter.Length), trained[0].Type, offloading.Time);
                return foldsOnHost
                    ? new MeasuredWriteBack(meter, HostStaging.ReadTrack, HostStaging.WriteTrack, offloading.SharesLink, fold, offloading.Time) { FoldsBeside = host is null, FoldsApart = host is not null }
                    : new MeasuredWriteBack(meter, upload.Name, writeBack.Name, offloading.SharesLink, fold, offloading.Time, slot?.Group.ShareOf(slot.Slot) ?? 1);
            }
        }
    }
}
