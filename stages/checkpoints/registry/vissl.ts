/** VISSL's zoo (facebookresearch/vissl, MODEL_ZOO.md). */
import type { Published } from "./Published.ts"
import { bilinear } from "./recipes.ts"

const zoo = "https://dl.fbaipublicfiles.com/vissl/model_zoo/"
const config = "facebookresearch/vissl, eval_resnet_8gpu_transfer_in1k_linear.yaml"
const trunk = "classy_state_dict.base_model.model.trunk._feature_blocks."

const vissl = (family: string, path: string, percent: number, more: Partial<Published> = {}): Published => ({
  family,
  architecture: "ResNet-50",
  repository: "facebookresearch/vissl",
  file: path.slice(path.lastIndexOf("/") + 1),
  url: `${zoo}${path}`,
  container: "pytorch",
  weightsAt: trunk,
  preprocessing: bilinear(config),
  probe: { protocol: "linear/vissl" },
  probeSource: config,
  top1: [{ percent, source: "facebookresearch/vissl, MODEL_ZOO.md" }],
  studies: ["b"],
  ...more,
})

export const models = {
  "jigsaw/resnet50": vissl(
    "Jigsaw",
    "jigsaw_rn50_in1k_ep105_perm2k_jigsaw_8gpu_resnet_17_07_20.db174a43/model_final_checkpoint_phase104.torch",
    48.57,
  ),
  "rotnet/resnet50": vissl(
    "RotNet",
    "rotnet_rn50_in1k_ep105_rotnet_8gpu_resnet_17_07_20.46bada9f/model_final_checkpoint_phase125.torch",
    48.2,
  ),
  "npid/resnet50": vissl("NPID", "converted_vissl_rn50_npid_lemniscate_neg4k_stepLR_8gpu.torch", 54.99, {
    weightsAt: "model_state_dict._feature_blocks.",
    note: "its weights are numpy's arrays in PyTorch's file",
  }),
  "npid++/resnet50": vissl(
    "NPID++",
    "npid_pp/4node_800ep_32kneg_cosine_resnet_23_07_20.75432662/model_final_checkpoint_phase799.torch",
    56.68,
  ),
  "pirl/resnet50": vissl(
    "PIRL",
    "pirl_jigsaw_4node_pirl_jigsaw_4node_resnet_22_07_20.34377f59/model_final_checkpoint_phase799.torch",
    64.29,
  ),
  "clusterfit/resnet50": vissl("ClusterFit", "converted_vissl_rn50_rotnet_16kclusters_in1k_ep105.torch", 53.63),
  "simclr/resnet50-vissl": vissl(
    "SimCLR",
    "simclr_rn50_1000ep_simclr_8node_resnet_16_07_20.afe428c7/model_final_checkpoint_phase999.torch",
    68.8,
  ),
} satisfies Record<string, Published>
